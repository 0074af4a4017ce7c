import { expect, it, onTestFinished } from 'vitest';
import { type FailedTurn, Repeating } from '../../src/lib/repeating.ts';
import { waitingClock } from '../support/waiting-clock.ts';

/** Work that throws where `fails` says so, with what came out of each turn. */
function begin({ fails = [], firstAfter = 0 }: { fails?: readonly boolean[]; firstAfter?: number } = {}) {
  const clock = waitingClock();
  const outcomes: (FailedTurn | undefined)[] = [];
  let turns = 0;
  const repeating = new Repeating({
    clock,
    firstAfter,
    work: async () => {
      turns += 1;
      if (fails[turns - 1]) {
        throw new Error(`turn ${turns}`);
      }
    },
    pauseAfter: failed => {
      outcomes.push(failed);
      return failed === undefined ? 1_000 : 100;
    },
  });
  repeating.start();
  repeating.start();
  onTestFinished(() => repeating.stop());
  return { clock, outcomes, repeating, turns: () => turns };
}

it('does its work at once, and again when the pause is over; started twice it does it once', async () => {
  const { clock, repeating, turns } = begin();
  await clock.waiting(1);
  expect([turns(), repeating.secondsToNext()]).toEqual([1, 1]);
  await clock.pass(999);
  expect(turns()).toBe(1);
  await clock.pass(1);
  expect(turns()).toBe(2);
});

it('tells how many turns have failed since the last good one, and goes on', async () => {
  const { clock, outcomes } = begin({ fails: [true, true, false, true] });
  await clock.waiting(1);
  for (const pause of [100, 100, 1_000]) {
    await clock.pass(pause);
  }
  expect(outcomes.map(failed => failed && [(failed.error as Error).message, failed.failures])).toEqual([
    ['turn 1', 1],
    ['turn 2', 2],
    undefined,
    ['turn 4', 1],
  ]);
});

it('may wait before its first turn', async () => {
  const { clock, turns } = begin({ firstAfter: 500 });
  await clock.waiting(1);
  expect(turns()).toBe(0);
  await clock.pass(500);
  expect(turns()).toBe(1);
});

it('has ended when stop resolves: the turn under way was told, and no other comes', async () => {
  const clock = waitingClock();
  const log: string[] = [];
  const repeating = new Repeating({
    clock,
    pauseAfter: () => 1,
    work: signal =>
      new Promise((_, reject) => {
        log.push('begun');
        signal.addEventListener('abort', () => setImmediate(() => reject(new Error(`${log.push('ended')}`))));
      }),
  });
  repeating.start();
  await repeating.stop();
  expect(log).toEqual(['begun', 'ended']);
  await clock.pass(10);
  expect(log).toHaveLength(2);
});
