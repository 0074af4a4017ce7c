import { expect, it } from 'vitest';
import { Attempts } from '../../src/auth/attempts.ts';
import { GuessGate } from '../../src/auth/guess-gate.ts';
import { DownloadMemory } from '../../src/downloads/download-memory.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { DriveWrites } from '../../src/onedrive/drive-writes.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PeersInMemory } from '../support/peers-in-memory.ts';

/** Two servers that share a state. */
function two<T>(make: (peers: ReturnType<PeersInMemory['join']>) => T) {
  const all = new PeersInMemory();
  const [one, other] = [all.join('a'), all.join('b')];
  return { a: make(one), b: make(other), peers: { a: one, b: other } };
}

it('counts wrong passwords of one gate on all servers together, and clears them together', () => {
  const clock = fakeClock();
  const { a, b } = two(peers => new Attempts(clock, { free: 3, shared: { peers, gate: 'users' } }));
  const alone = new Attempts(clock, { free: 3 });
  for (const server of [a, b, a]) {
    server.failed('x');
  }
  expect([a.waitSeconds('x'), b.waitSeconds('x'), alone.waitSeconds('x')]).toEqual([5, 5, 0]);
  b.undo('x');
  expect([a.waitSeconds('x'), b.waitSeconds('x')]).toEqual([0, 0]);
  a.succeeded('x');
  b.failed('x');
  expect(a.waitSeconds('x')).toBe(0);
  b.end();
  a.failed('y');
  a.failed('y');
  a.failed('y');
  expect(b.waitSeconds('y')).toBe(0);
});

it('does not mix the guesses of two gates', () => {
  const clock = fakeClock();
  const all = new PeersInMemory();
  const users = new GuessGate(clock, { shared: { peers: all.join('a'), gate: 'users' } });
  const shares = new GuessGate(clock, { shared: { peers: all.join('b'), gate: 'shares' } });
  for (let guess = 0; guess < 50; guess += 1) {
    users.failed('192.0.2.1', 'ada');
  }
  expect(users.waitSeconds('192.0.2.1', 'ada')).toBeGreaterThan(0);
  expect(shares.waitSeconds('192.0.2.1', 'ada')).toBe(0);
});

it('takes its redirects from a client that comes back to another server, and knows what others have stored', () => {
  const clock = fakeClock();
  const { a, b } = two(peers => new DownloadMemory(clock, peers));
  const asking = { client: 'ada curl', bytes: '/m/f' };
  expect(a.strikes.redirected(asking)).toBe(false);
  expect(b.strikes.hasComeBack(asking)).toBe(true);
  expect(b.strikes.redirected(asking)).toBe(false);
  expect(a.strikes.redirected(asking)).toBe(true);
  expect([a.strikes.hasFailed(asking), b.strikes.hasFailed(asking)]).toEqual([true, true]);
  a.stored('item');
  expect(b.storedAt('item')).toBe(clock.now());
  expect(a.storedAt('item')).toBe(clock.now());
});

it('makes what one server has written unknown to the others, and everything after a gap', async () => {
  const { a, b, peers } = two(each => new DriveWrites(each));
  const doubted: string[] = [];
  const remembering = (name: string, driveId: string) => ({
    driveId: () => driveId,
    doubt: (path: readonly string[]) => void doubted.push(`${name}: ${driveId} /${path.join('/')}`),
  });
  const teller = a.join(remembering('a', 'd1'));
  b.join(remembering('b', 'd1'));
  b.join(remembering('b', 'd2'));
  teller.written(toDrivePath(['x', 'y']));
  await teller.told();
  expect(doubted).toEqual(['b: d1 /x/y']);
  expect(b.isCurrent()).toBe(true);
  peers.b.drop();
  expect(b.isCurrent()).toBe(false);
  teller.written(toDrivePath(['z']));
  await teller.told();
  peers.b.rejoin();
  expect(doubted).toEqual(['b: d1 /x/y', 'b: d1 /', 'b: d2 /']);
});
