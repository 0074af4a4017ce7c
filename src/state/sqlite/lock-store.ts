import type { DatabaseSync } from 'node:sqlite';
import { conflictOf, obstacleOf, reaches } from '../lock-rules.ts';
import type {
  HolderNow,
  LockOutcome,
  LockStore,
  Obstacle,
  Reach,
  StoredLock,
  Touched,
  UnlockOutcome,
} from '../lock-store.ts';
import type { Place } from '../place.ts';
import { ChangesUnderWay } from './changes-under-way.ts';
import { createSqliteLockTable, type LockTable } from './lock-table.ts';

/**
 * Creates a lock store in SQLite. One process owns the file (`one-owner.ts`), and SQLite is synchronous: a function
 * without await is one step.
 */
export function createSqliteLockStore(database: DatabaseSync): LockStore {
  const table = createSqliteLockTable(database);
  const changes = new ChangesUnderWay();
  return {
    hasNone: () => table.isEmpty(),
    taken: () => table.puts(),
    discover: async (place, { now, members }) => (members ? near(table, place, now) : table.covering(place, now)),
    lock: async (wish, { now, limits }): Promise<LockOutcome> => {
      if (table.covering(wish.place, now).length >= limits.here || table.count(wish.user, now) >= limits.ofUser) {
        return { kind: 'too-many' };
      }
      const conflict = conflictOf(near(table, wish.place, now), wish);
      if (conflict !== undefined) {
        return { kind: 'conflict', lock: conflict };
      }
      table.put(wish);
      return { kind: 'granted', underWay: changes.isAny(wish.place) };
    },
    refresh: async (token, { now, timeoutSeconds }) => {
      const found = table.get(token, now);
      if (found === undefined) {
        return undefined;
      }
      const seconds = timeoutSeconds ?? found.timeoutSeconds;
      const lived = { ...found, timeoutSeconds: seconds, expires: now + seconds * 1000 };
      table.put(lived);
      return lived;
    },
    unlock: async (token, { now, place, user }): Promise<UnlockOutcome> => {
      const found = table.get(token, now);
      const outcome = unlockOutcome(found, place, user);
      if (outcome === 'ended') {
        table.delete(token);
      }
      return outcome;
    },
    setBornAs: async (token, etag, now) => {
      const found = table.get(token, now);
      if (found !== undefined) {
        table.put({ ...found, bornAs: etag });
      }
    },
    withdraw: async token => table.delete(token),
    endWithin: async (places, now) =>
      end(
        table,
        places.flatMap(place => table.within(place, now)),
      ),
    endBelow: async (place, now) =>
      end(
        table,
        table.within(place, now).filter(lock => lock.place.length > place.length),
      ),
    check: async (touched, options) => find(table, touched, options),
    begin: async (touched, { places, ...options }) => {
      const obstacle = find(table, touched, options);
      if (obstacle !== undefined) {
        return obstacle;
      }
      const done = changes.begin(places);
      return { isHeld: () => true, end: async () => done() };
    },
    settled: place => changes.settled(place),
  };
}

/** Returns all locks that can affect anything at or below `place`, each once. */
function near(table: LockTable, place: Place, now: number): readonly StoredLock[] {
  const below = table.within(place, now).filter(lock => lock.place.length > place.length);
  return [...table.covering(place, now), ...below];
}

/** The locks relevant to a change, by its reach. A reach without a line does not compile. */
const LOCKS_OF = {
  entry: (table, place, now) => table.covering(place, now),
  tree: near,
} satisfies Record<Reach, (table: LockTable, place: Place, now: number) => readonly StoredLock[]>;

function find<T extends Touched>(
  table: LockTable,
  touched: readonly T[],
  { holder, now }: HolderNow,
): Obstacle<T> | undefined {
  for (const each of touched) {
    const locks = LOCKS_OF[each.reach](table, each.place, now);
    const obstacle = obstacleOf(locks, [each], holder);
    if (obstacle !== undefined) {
      return obstacle;
    }
  }
  return undefined;
}

function unlockOutcome(lock: StoredLock | undefined, place: Place, user: string): UnlockOutcome {
  if (lock === undefined) {
    return 'unknown';
  }
  if (!reaches(lock, place)) {
    return 'elsewhere';
  }
  return lock.user === user ? 'ended' : 'not-yours';
}

/** Ends locks, if there are any: most trees have none, and a check is cheaper than a write. */
function end(table: LockTable, locks: readonly StoredLock[]): void {
  if (locks.length > 0) {
    table.delete(...locks.map(({ token }) => token));
  }
}
