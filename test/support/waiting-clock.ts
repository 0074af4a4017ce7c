import type { Clock } from '../../src/lib/clock.ts';

/**
 * Time that passes only when a test advances it. Who waits for an answer's sake is not kept waiting; who waits for the
 * next turn is.
 */
export interface WaitingClock extends Clock {
  /** Lets time pass, and waits until everybody whose turn has come waits again. */
  pass(milliseconds: number): Promise<void>;
  /** Resolves when so many wait for their next turn. */
  waiting(count: number): Promise<void>;
}

interface Sleeper {
  readonly until: number;
  readonly wake: () => void;
}

export function waitingClock(start = Date.now()): WaitingClock {
  let now = start;
  const sleepers = new Set<Sleeper>();
  let watchers: { readonly count: number; readonly resolve: () => void }[] = [];
  const tell = () => {
    const fulfilled = watchers.filter(({ count }) => count <= sleepers.size);
    watchers = watchers.filter(watcher => !fulfilled.includes(watcher));
    for (const { resolve } of fulfilled) {
      resolve();
    }
  };
  const waiting = (count: number) =>
    new Promise<void>(resolve => {
      watchers.push({ count, resolve });
      tell();
    });
  return {
    now: () => now,
    sleep: (milliseconds, signal, { letsProcessEnd = false } = {}) => {
      signal?.throwIfAborted();
      if (!letsProcessEnd) {
        now += milliseconds;
        return Promise.resolve();
      }
      return new Promise((resolve, reject) => {
        const sleeper = { until: now + milliseconds, wake: resolve };
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
        sleepers.add(sleeper);
        tell();
      });
    },
    pass: async milliseconds => {
      now += milliseconds;
      const before = sleepers.size;
      for (const sleeper of [...sleepers].filter(({ until }) => until <= now)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
      await waiting(before);
    },
    waiting,
  };
}
