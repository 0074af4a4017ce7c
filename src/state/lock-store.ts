import { isAtOrBelow } from './place.ts';

/** A write lock as RFC 4918 §6 describes it. Shared and exclusive locks are both kept here; who may have which is `webdav/locks/locks.ts`. */
export interface StoredLock {
  /** `urn:uuid:…` or `opaquelocktoken:…`; unique. */
  readonly token: string;
  /**
   * Where the lock is rooted, as the folded names of the resource's one true path (`Drive.canonicalPath`): equal for two URLs exactly
   * when they lead to the same resource.
   */
  readonly place: readonly string[];
  /** The names of the URL on which the lock was taken, decoded: what `lockroot` shows (RFC 4918 §14.12). */
  readonly root: readonly string[];
  /** What the lock is on: the URL of a folder ends with a slash. */
  readonly rootKind: 'file' | 'folder';
  readonly depth: 0 | 'infinity';
  readonly scope: 'exclusive' | 'shared';
  /** The principal that took the lock; the only one who may use its token (RFC 4918 §6.4). */
  readonly user: string;
  /** The `owner` element as XML that stands by itself, `''` when the client sent none (RFC 4918 §14.17). */
  readonly owner: string;
  /** Seconds that a refresh without a Timeout of its own extends the lock by. */
  readonly timeoutSeconds: number;
  /** Milliseconds since 1970; from then on the lock does not exist. */
  readonly expires: number;
  /** Entity tag of the empty file that this lock created (RFC 4918 §7.3); `''` when the resource was there before. */
  readonly bornAs: string;
}

/**
 * The table of write locks. Time comes in as `now` (milliseconds since 1970): an expired lock is never returned, and an implementation
 * may forget it. All of it is synchronous, so that a look and the change that follows from it are one step.
 * `test/contracts/lock-store.ts` is the suite of its implementations.
 */
export interface LockStore {
  /** The locks whose reach `place` is in: rooted there, or at a folder above it with depth infinity. */
  covering(place: readonly string[], now: number): readonly StoredLock[];
  /** The locks rooted at `place` or anywhere below it. */
  within(place: readonly string[], now: number): readonly StoredLock[];
  /** How many locks a user has. */
  count(user: string, now: number): number;
  /** The lock with this token. */
  get(token: string, now: number): StoredLock | undefined;
  /** Adds a lock, or replaces the one with its token. */
  put(lock: StoredLock): void;
  /** Forgets the locks with these tokens, in one step. */
  delete(...tokens: readonly string[]): void;
}

/** Nothing survives the process; for tests. */
export function createMemoryLockStore(): LockStore {
  const locks = new Map<string, StoredLock>();
  const living = (now: number) => [...locks.values()].filter(lock => now < lock.expires);
  return {
    covering: (place, now) => living(now).filter(lock => reaches(lock, place)),
    within: (place, now) => living(now).filter(lock => isAtOrBelow(lock.place, place)),
    count: (user, now) => living(now).filter(lock => lock.user === user).length,
    get: (token, now) => living(now).find(lock => lock.token === token),
    put: lock => void locks.set(lock.token, lock),
    delete: (...tokens) => {
      for (const token of tokens) {
        locks.delete(token);
      }
    },
  };
}

function reaches(lock: StoredLock, place: readonly string[]): boolean {
  return isAtOrBelow(place, lock.place) && (lock.depth === 'infinity' || place.length === lock.place.length);
}
