import { setTimeout as delay } from 'node:timers/promises';

/**
 * Elapsing time: on the wire (latency, bandwidth, trickles) and for delayed work (copies, notifications,
 * SharePoint's rewriting of files). It is separate from the `clock`, which is for timestamps and expiries.
 */
export interface Timers {
  /** Milliseconds from an arbitrary origin. */
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
