import { vi } from 'vitest';

/**
 * Less than the time that a test has, so that the error names the failed check. Also less than the minute after which a
 * server cuts a silent connection: that cut must not make a check pass.
 */
const TIMEOUT_MS = 45_000;
const INTERVAL_MS = 5;

/**
 * Waits until the check passes, or rejects with its last error. It is no bound: a machine may be busy. Programs that
 * the check asks are asked less often.
 */
export function eventually<T>(check: () => T | Promise<T>, interval = INTERVAL_MS): Promise<T> {
  return vi.waitFor(check, { timeout: TIMEOUT_MS, interval });
}
