import { setTimeout as delay } from 'node:timers/promises';

/** A clock, passed in so that tests need not wait. */
export interface Clock {
  /** Returns the milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
  /**
   * Resolves after `milliseconds`; rejects with the signal's reason when it is aborted before. `letsProcessEnd`: the
   * wait does not keep the process alive.
   */
  sleep(milliseconds: number, signal?: AbortSignal, options?: { readonly letsProcessEnd?: boolean }): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal, { letsProcessEnd = false } = {}) => {
    await delay(milliseconds, undefined, { signal, ref: !letsProcessEnd });
  },
};
