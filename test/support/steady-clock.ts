import { type Clock, systemClock } from '../../src/lib/clock.ts';

/**
 * Time that passes only by what is slept, which takes as long as on the machine's clock: nothing grows old because a
 * test is slow, so that the calls that are counted are the same on a busy machine.
 */
export function steadyClock(start = Date.now()): Clock {
  let now = start;
  return {
    now: () => now,
    sleep: async (milliseconds, signal, options) => {
      const until = now + milliseconds;
      await systemClock.sleep(milliseconds, signal, options);
      now = Math.max(now, Math.floor(until));
    },
  };
}
