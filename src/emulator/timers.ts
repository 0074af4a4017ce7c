import { setTimeout as delay } from 'node:timers/promises';

/**
 * Time as it passes: on the wire (latency, bandwidth, trickles) and for what is done later (copies, notifications,
 * SharePoint's rewriting of files). It is another one than the `clock`, which stamps and expires things.
 */
export interface Timers {
  /** Milliseconds, from any beginning. */
  now(): number;
  /** Rejects when the signal is aborted before. A wait does not keep the process alive. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const systemTimers: Timers = {
  now: () => performance.now(),
  sleep: async (milliseconds, signal) => {
    await delay(milliseconds, undefined, { ref: false, ...(signal === undefined ? {} : { signal }) });
  },
};
