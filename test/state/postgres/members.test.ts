import { expect, it } from 'vitest';
import { Members, type ServerRow } from '../../../src/state/postgres/members.ts';

const rowOf = (id: string, epoch: number, { ended = false, alive = true } = {}): ServerRow => ({
  ...{ id, epoch, name: id },
  has_ended: ended,
  is_alive: alive && !ended,
});

function open() {
  const gone: string[] = [];
  return { members: new Members(member => gone.push(member)), gone };
}

it('knows a server by its latest connection, whichever is heard of first', () => {
  const { members, gone } = open();
  members.come(rowOf('a', 1));
  members.come(rowOf('a', 2));
  expect([members.keys(), gone]).toEqual([['a/2'], ['a/1']]);
  // Read before the greeting.
  expect(members.see([rowOf('a', 1)])).toBe(false);
  members.come(rowOf('a', 1));
  expect([members.keys(), gone]).toEqual([['a/2'], ['a/1']]);
});

it('tells a server that has died from one that has ended', () => {
  const { members, gone } = open();
  for (const id of ['a', 'b', 'c']) {
    members.come(rowOf(id, 1));
  }
  expect(members.see([rowOf('a', 1), rowOf('b', 1, { ended: true }), rowOf('c', 1)])).toBe(false);
  expect(members.see([rowOf('a', 1, { alive: false }), rowOf('c', 1)])).toBe(true);
  expect(members.see([])).toBe(true);
  expect([members.isEmpty, gone]).toEqual([true, ['b/1', 'a/1', 'c/1']]);
});

it('finds servers that have not greeted yet', () => {
  const { members } = open();
  expect(members.see([rowOf('a', 1), rowOf('b', 1, { alive: false })])).toBe(false);
  expect(members.names()).toEqual(['a']);
});
