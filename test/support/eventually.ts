import { setTimeout as delay } from 'node:timers/promises';

/**
 * Less than the time that a test has, so that the error names the failed check. Also less than the minute after which a
 * server cuts a silent connection: that cut must not make a check pass.
 */
const TIMEOUT_MS = 45_000;
const INTERVAL_MS = 5;
/** What takes long is asked for less often, so that it is not the asking that takes long: a tenth of the time so far. */
const PART = 0.1;
const LONGEST_INTERVALS = 10;

/**
 * Waits until the check passes, or rejects with its last error. It is no bound: a machine may be busy. Programs that
 * the check asks are asked less often, by an `interval` in milliseconds.
 */
export async function eventually<T>(check: () => T | Promise<T>, interval = INTERVAL_MS): Promise<T> {
  const started = performance.now();
  const over = new AbortController();
  let last: unknown = new Error('the check has not ended');
  const late = delay(TIMEOUT_MS, undefined, { signal: over.signal }).then(() => Promise.reject(last));
  late.catch(() => {});
  try {
    for (;;) {
      try {
        return await Promise.race([check(), late]);
      } catch (error) {
        last = error;
      }
      const passed = performance.now() - started;
      if (passed >= TIMEOUT_MS) {
        throw last;
      }
      await delay(Math.max(interval, Math.min(PART * passed, LONGEST_INTERVALS * interval)));
    }
  } finally {
    over.abort();
  }
}
