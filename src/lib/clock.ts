import { setTimeout as delay } from 'node:timers/promises';

/** Time, handed in so that tests need not wait for it. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /**
   * Resolves after `milliseconds`; rejects with the signal's reason when it is aborted before. Whoever only waits for
   * the next turn lets the process end.
   */
  sleep(milliseconds: number, signal?: AbortSignal, options?: { readonly letsProcessEnd?: boolean }): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal, { letsProcessEnd = false } = {}) => {
    await delay(milliseconds, undefined, { signal, ref: !letsProcessEnd });
  },
};
