import type { Clock } from '../../src/lib/clock.ts';

export interface FakeClock extends Clock {
  advance(milliseconds: number): void;
  /** The lengths of all sleeps so far. */
  readonly slept: number[];
}

/**
 * Time that passes only when a test advances it, or a caller sleeps. Repeated work runs once: see `waitingClock` for
 * its next turn.
 */
export function fakeClock(start = 1_800_000_000_000): FakeClock {
  let now = start;
  const slept: number[] = [];
  return {
    // Whole, as the machine's is.
    now: () => Math.floor(now),
    advance: milliseconds => {
      now += milliseconds;
    },
    sleep: async (milliseconds, signal, { letsProcessEnd = false } = {}) => {
      signal?.throwIfAborted();
      if (letsProcessEnd) {
        await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      }
      slept.push(milliseconds);
      now += milliseconds;
    },
    slept,
  };
}
