import { randomUUID } from 'node:crypto';
import type { LockStore, StoredLock } from '../../state/lock-store.ts';

/** A resource as locks know it: the folded names of its one true path. */
export type Place = readonly string[];

/** Whose request it is, and which tokens it has submitted (RFC 4918 §7.5). */
export interface Holder {
  readonly user: string;
  readonly tokens: ReadonlySet<string>;
}

export interface LockWish {
  readonly place: Place;
  readonly depth: 0 | 'infinity';
  readonly scope: StoredLock['scope'];
}

/** A lock can be used by the principal that took it, with its token; a token alone is no secret (RFC 4918 §6.4, §19.4). */
export function isHeldBy(lock: StoredLock, { user, tokens }: Holder): boolean {
  return lock.user === user && tokens.has(lock.token);
}

/** The lock that keeps `holder` from changing what is at `place`. Of several shared locks one of the holder's own is enough. */
export function obstacleAt(store: LockStore, place: Place, holder: Holder, now: number): StoredLock | undefined {
  const locks = store.covering(place, now);
  return locks.some(lock => isHeldBy(lock, holder)) ? undefined : locks[0];
}

/** The lock that keeps `holder` from changing what is at `place` or anywhere below it. */
export function obstacleWithin(store: LockStore, place: Place, holder: Holder, now: number): StoredLock | undefined {
  const inner = () => store.within(place, now).find(lock => obstacleAt(store, lock.place, holder, now) !== undefined);
  return obstacleAt(store, place, holder, now) ?? inner();
}

/** The lock with which a new one could not be (RFC 4918 §6.2, table in §7: only shared locks go together). */
export function conflictOf(store: LockStore, { place, depth, scope }: LockWish, now: number): StoredLock | undefined {
  const clashes = (lock: StoredLock) => scope === 'exclusive' || lock.scope === 'exclusive';
  return (
    store.covering(place, now).find(clashes) ??
    (depth === 'infinity' ? store.within(place, now).find(clashes) : undefined)
  );
}

/** RFC 4918 Appendix C. The random bits come from the system's secure source (S6 of docs/webdav-server.md). */
export function newToken(): string {
  return `opaquelocktoken:${randomUUID()}`;
}

/** The same lock, living `timeoutSeconds` from `now` on. */
export function refreshed(lock: StoredLock, timeoutSeconds: number, now: number): StoredLock {
  return { ...lock, timeoutSeconds, expires: now + timeoutSeconds * 1000 };
}

/** Forgets the locks of what is gone: they do not move along with it (RFC 4918 §7.6, §9.6). */
export function releaseWithin(store: LockStore, place: Place, now: number): void {
  release(store, store.within(place, now));
}

/** Forgets the locks of the members of what was replaced at `place`. Its own locks are on the URL, which still leads somewhere. */
export function releaseBelow(store: LockStore, place: Place, now: number): void {
  release(
    store,
    store.within(place, now).filter(lock => lock.place.length > place.length),
  );
}

/** Most trees have no locks, and a look is cheaper than a change. */
function release(store: LockStore, locks: readonly StoredLock[]): void {
  if (locks.length > 0) {
    store.delete(...locks.map(({ token }) => token));
  }
}
