import type { StoredLock } from '../../src/state/lock-store.ts';
import { isAtOrBelow } from '../../src/state/place.ts';
import type { LockTable } from '../../src/state/sqlite/lock-table.ts';

/** What a table of locks must answer, said as plainly as it can be. */
export function createModelLockTable(): LockTable {
  const locks = new Map<string, StoredLock>();
  let puts = 0;
  const living = (now: number) => [...locks.values()].filter(lock => now < lock.expires);
  return {
    isEmpty: () => locks.size === 0,
    puts: () => puts,
    covering: (place, now) => living(now).filter(lock => reaches(lock, place)),
    within: (place, now) => living(now).filter(lock => isAtOrBelow(lock.place, place)),
    count: (user, now) => living(now).filter(lock => lock.user === user).length,
    get: (token, now) => living(now).find(lock => lock.token === token),
    put: lock => {
      puts += 1;
      locks.set(lock.token, lock);
    },
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
