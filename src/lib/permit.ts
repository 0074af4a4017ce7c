import { AsyncLocalStorage } from 'node:async_hooks';

/** Leave to change something, which can end before the change is made. */
export interface Permit {
  /** Computed at each call: a process that was paused finds out before it goes on. */
  isHeld(): boolean;
  /** Aborted when the leave has ended; undefined: it does not end by itself. */
  readonly lost?: AbortSignal | undefined;
}

const permits = new AsyncLocalStorage<Permit>();

/** Runs `work`; what it changes in the cloud needs `permit`. */
export function runWith<T>(permit: Permit, work: () => T): T {
  return permits.run(permit, work);
}

/** Returns the leave that changes need now; undefined: none. */
export function currentPermit(): Permit | undefined {
  return permits.getStore();
}
