import { describe, expect, it } from 'vitest';
import { type Answer, History } from './history.ts';
import type { Operation } from './world.ts';

/** What happened, in order: an operation is sent, answered, or torn from its client. */
type Event =
  | Operation
  | { readonly answer: number; readonly status: number; readonly saw?: string | null }
  | { readonly tore: number };

/** Whether some order explains all answers; or the first one that none explains. */
function judge(...events: Event[]): 'explained' | number {
  const history = new History();
  for (const event of events) {
    if ('answer' in event) {
      const { answer, ...rest } = event;
      if (!history.answered(answer, rest as Answer)) {
        return answer;
      }
    } else if ('tore' in event) {
      history.tore(event.tore);
    } else {
      history.called(event);
    }
  }
  return 'explained';
}

const put = (id: number, more: { token?: number; ifVersion?: string } = {}): Operation => ({
  ...{ kind: 'put', id, file: 'one' },
  ...more,
});
const get = (id: number): Operation => ({ kind: 'get', id, file: 'one' });
const lock = (id: number): Operation => ({ kind: 'lock', id, file: 'one' });
const move = (id: number, more: { token?: number } = {}): Operation => ({
  kind: 'move',
  id,
  file: 'one',
  to: 'two',
  ...more,
});
const is = (answer: number, status: number, saw?: string) => ({
  answer,
  status,
  ...(saw === undefined ? {} : { saw }),
});

describe('a history', () => {
  it('is explained when requests come one after another', () => {
    const written = [put(1), is(1, 201), get(2), is(2, 200, '1'), lock(3), is(3, 200)];
    const locked = [put(4), is(4, 423), put(5, { token: 3 }), is(5, 204), get(6), is(6, 200, '5')];
    const moved = [
      move(7, { token: 3 }),
      is(7, 201),
      get(8),
      is(8, 404),
      lock(9),
      is(9, 201),
      get(10),
      is(10, 200, ''),
    ];
    expect(judge(...written, ...locked, ...moved)).toBe('explained');
  });

  it.each<[string, number, Event[]]>([
    ['an acknowledged write that is not there', 2, [put(1), is(1, 201), get(2), is(2, 404)]],
    ['an older content than was acknowledged', 3, [put(1), is(1, 201), put(2), is(2, 204), get(3), is(3, 200, '1')]],
    [
      'a content that was refused',
      4,
      [put(1), is(1, 201), lock(2), is(2, 200), put(3), is(3, 423), get(4), is(4, 200, '3')],
    ],
    ['a write under another’s lock', 2, [lock(1), is(1, 201), put(2), is(2, 204)]],
    ['a lock that two have', 2, [lock(1), is(1, 201), lock(2), is(2, 200)]],
    ['a lock that two have who asked at once', 2, [lock(1), lock(2), is(1, 201), is(2, 200)]],
    ['a lock that has gone by itself', 2, [lock(1), is(1, 201), put(2, { token: 1 }), is(2, 412)]],
    [
      'two updates of one version',
      3,
      [put(1), is(1, 201), put(2, { ifVersion: '1' }), put(3, { ifVersion: '1' }), is(2, 204), is(3, 204)],
    ],
    ['a file in two places', 3, [put(1), is(1, 201), move(2), is(2, 201), get(3), is(3, 200, '1')]],
    [
      'a write of a server that had lost its claim: its client has no answer, and the lock is another’s',
      5,
      [put(1), is(1, 201), put(2), lock(3), is(3, 200), put(4, { token: 3 }), is(4, 204), get(5), is(5, 200, '2')],
    ],
    [
      'a write that is undone when a lost one comes late, under a lock',
      6,
      [
        put(1),
        { tore: 1 },
        lock(2),
        is(2, 201),
        get(3),
        is(3, 200, ''),
        put(4, { token: 2 }),
        is(4, 204),
        get(6),
        is(6, 200, '1'),
      ],
    ],
  ])('is not explained by any order: %s', (_, culprit, events) => {
    expect(judge(...events)).toBe(culprit);
  });

  it('allows both orders of what was done at once, but one for all', () => {
    const both = [put(1), put(2), is(1, 201), is(2, 201)];
    expect(judge(...both, get(3), is(3, 200, '1'))).toBe('explained');
    expect(judge(...both, get(3), is(3, 200, '2'))).toBe('explained');
    expect(judge(...both, get(3), is(3, 200, '1'), get(4), is(4, 200, '2'))).toBe(4);
    expect(judge(put(1), put(2), is(2, 201), get(3), is(3, 200, '1'), get(4), is(4, 200, '2'))).toBe('explained');
  });

  it('allows what has no answer to have happened, to happen later, or never', () => {
    const torn = [put(1), is(1, 201), put(2), { tore: 2 }];
    expect(judge(...torn, get(3), is(3, 200, '1'))).toBe('explained');
    expect(judge(...torn, get(3), is(3, 200, '2'))).toBe('explained');
    expect(judge(...torn, get(3), is(3, 200, '1'), get(4), is(4, 200, '2'))).toBe('explained');
    // Another server need not know of it.
    expect(judge(...torn, get(3), is(3, 200, '2'), get(4), is(4, 200, '1'))).toBe('explained');
    const over = [put(5), is(5, 204)];
    expect(judge(...torn, get(3), is(3, 200, '2'), ...over, get(4), is(4, 200, '1'))).toBe(4);
    expect(judge(...torn, get(3), is(3, 200, '2'), ...over, get(4), is(4, 200, '2'))).toBe(4);
  });

  it('allows a 503 to have done something, but not later', () => {
    const failed = [put(1), is(1, 201), put(2), is(2, 503)];
    expect(judge(...failed, get(3), is(3, 200, '2'))).toBe('explained');
    expect(judge(...failed, get(3), is(3, 200, '1'))).toBe('explained');
    expect(judge(...failed, put(3), is(3, 204), get(4), is(4, 200, '2'))).toBe(4);
    expect(judge(put(1), is(1, 201), put(2), { tore: 2 }, put(3), is(3, 204), get(4), is(4, 200, '2'))).toBe(
      'explained',
    );
  });

  it('allows a LOCK that failed to leave its empty file, with or without its lock, and one that has not failed with it', () => {
    const locks: Operation = { kind: 'locks', id: 3, file: 'one' };
    const seen = [locks, get(2), is(2, 200, '')];
    expect(judge(lock(1), is(1, 503), ...seen, is(3, 207))).toBe('explained');
    expect(judge(lock(1), is(1, 503), ...seen, is(3, 207, '1'))).toBe('explained');
    expect(judge(lock(1), is(1, 201), ...seen, is(3, 207))).toBe(3);
    // Others have seen its file and its lock before it failed.
    const before = [lock(1), ...seen, is(3, 207, '1')];
    expect(judge(...before, is(1, 503), lock(4), is(4, 200))).toBe('explained');
    expect(judge(...before, is(1, 201), lock(4), is(4, 200))).toBe(4);
  });
});
