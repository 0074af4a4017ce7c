import type { Holder, LockScope, Obstacle, Reach, StoredLock, Touched } from './lock-store.ts';
import { isAtOrBelow, type Place } from './place.ts';

/**
 * The rules of RFC 4918 §6 and §7 that a store must apply in the same step as its change, as functions of the locks
 * that it has read in that step: all that reach a place, and all below it. Every engine uses them.
 */

/** Returns true when `lock` protects the resource at `place`. */
export function reaches(lock: StoredLock, place: Place): boolean {
  return isAtOrBelow(place, lock.place) && (lock.depth === 'infinity' || place.length === lock.place.length);
}

/**
 * Returns true when `holder` may use the lock: the principal that took it, with its token. A token alone is no secret
 * (RFC 4918 §6.4, §19.4).
 */
export function isHeldBy(lock: StoredLock, { user, tokens }: Holder): boolean {
  return lock.user === user && tokens.has(lock.token);
}

/** True when a new lock can coexist with an existing one. A scope without a line does not compile. */
const GO_TOGETHER = {
  exclusive: { exclusive: false, shared: false },
  shared: { exclusive: false, shared: true },
} as const satisfies Record<LockScope, Record<LockScope, boolean>>;

/** Returns the lock that conflicts with a new one (RFC 4918 §6.2, table in §7: only shared locks are compatible). */
export function conflictOf(
  locks: readonly StoredLock[],
  { place, depth, scope }: Pick<StoredLock, 'place' | 'depth' | 'scope'>,
): StoredLock | undefined {
  const clashing = locks.filter(lock => !GO_TOGETHER[scope][lock.scope]);
  const below = () => clashing.find(lock => isAtOrBelow(lock.place, place));
  return clashing.find(lock => reaches(lock, place)) ?? (depth === 'infinity' ? below() : undefined);
}

/** Returns the first lock that keeps `holder` from changing the touched resources. */
export function obstacleOf<T extends Touched>(
  locks: readonly StoredLock[],
  touched: readonly T[],
  holder: Holder,
): Obstacle<T> | undefined {
  for (const each of touched) {
    const lock = OBSTACLES[each.reach](locks, each.place, holder);
    if (lock !== undefined) {
      return { lock, touched: each };
    }
  }
  return undefined;
}

/** Returns the lock in the way at `place`. Among several shared locks, one of the holder's own is enough. */
function obstacleAt(locks: readonly StoredLock[], place: Place, holder: Holder): StoredLock | undefined {
  const here = locks.filter(lock => reaches(lock, place));
  return here.some(lock => isHeldBy(lock, holder)) ? undefined : here[0];
}

function obstacleWithin(locks: readonly StoredLock[], place: Place, holder: Holder): StoredLock | undefined {
  const inner = () =>
    locks.find(lock => isAtOrBelow(lock.place, place) && obstacleAt(locks, lock.place, holder) !== undefined);
  return obstacleAt(locks, place, holder) ?? inner();
}

/** A reach without a line does not compile. */
const OBSTACLES = {
  entry: obstacleAt,
  tree: obstacleWithin,
} satisfies Record<Reach, typeof obstacleAt>;
