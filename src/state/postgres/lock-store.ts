import { conflictOf, obstacleOf, reaches } from '../lock-rules.ts';
import type { Claim, HolderNow, Obstacle, StoredLock, Touched } from '../lock-store.ts';
import { endOfKey, isAtOrBelow, type Place, placeKey } from '../place.ts';
import { keysDownTo, toLock, toLockRow } from '../rows/lock-row.ts';
import { takeTurnInTree } from './advisory-locks.ts';
import { Claims, type Member } from './claims.ts';
import type { Database, Queries, StepQueries } from './database.ts';
import { byDatabaseClock } from './lock-clock.ts';
import { LOCK_STATEMENTS as SQL } from './lock-statements.ts';
import type { TellingLockStore } from './remembered-locks.ts';

/** Expired locks are deleted after this time, so that servers whose clocks differ a little see the same. */
const EXPIRED_KEPT_MS = 60_000;

/**
 * Creates a lock store in PostgreSQL. A step that decides takes its turn among those about the same trees first; then
 * it sees all that earlier ones have committed. It is two round trips: what it asks, and what it writes.
 */
export function createPostgresLockStore(
  database: Database,
  member: Member,
): TellingLockStore & { close(): Promise<void> } {
  const claims = new Claims(database, member);
  const store: TellingLockStore & { close(): Promise<void> } = {
    discover: async (place, { now, members }) => {
      const found = await readNear(database, [{ place, reach: members ? 'tree' : 'entry' }]);
      return valid(found, now).filter(lock => reaches(lock, place) || (members && isAtOrBelow(lock.place, place)));
    },
    lock: (wish, { now, limits }) =>
      database.step(async queries => {
        const [, near, [ofUser], underWay] = await Promise.all([
          takeTurnInTree(queries, [wish.place], `locks of ${wish.user}`),
          decideOn(queries, [{ place: wish.place, reach: 'tree' }], now),
          queries.read(SQL.countOfUser, wish.user, now),
          claims.isAny(queries, wish.place),
        ]);
        if (near.filter(lock => reaches(lock, wish.place)).length >= limits.here || ofUser!.n >= limits.ofUser) {
          return { kind: 'too-many' };
        }
        const conflict = conflictOf(near, wish);
        if (conflict !== undefined) {
          return { kind: 'conflict', lock: conflict };
        }
        queries.last(SQL.purge, now - EXPIRED_KEPT_MS);
        insert(queries, wish);
        return { kind: 'granted', underWay };
      }),
    refresh: async (token, { now, timeoutSeconds = null }) =>
      (await database.write(SQL.refresh, token, timeoutSeconds, now)).rows.map(toLock)[0],
    unlock: (token, { now, place, user }) =>
      database.step(async queries => {
        const [lock] = (await queries.read(SQL.get, token, now)).map(toLock);
        if (lock === undefined) {
          return 'unknown';
        }
        if (!reaches(lock, place)) {
          return 'elsewhere';
        }
        if (lock.user !== user) {
          return 'not-yours';
        }
        queries.last(SQL.remove, token);
        return 'ended';
      }),
    setBornAs: async (token, etag, now) => void (await database.write(SQL.setBornAs, token, etag, now)),
    withdraw: async token => void (await database.write(SQL.remove, token)),
    endWithin: async places => {
      const ranges = places.map(rangeOf);
      const { rows } = await database.write(
        SQL.removeRanges,
        ranges.map(({ first }) => first),
        ranges.map(({ stop }) => stop),
      );
      return rows.map(({ token }) => token);
    },
    endBelow: async place => {
      const { first, stop } = rangeOf(place);
      const { rows } = await database.write(SQL.removeBelow, [first], [stop]);
      return rows.map(({ token }) => token);
    },
    check: async (touched, { holder, now }) =>
      obstacleOf(valid(await readNear(database, touched), now), touched, holder),
    begin: <T extends Touched>(
      touched: readonly T[],
      { places, ...options }: HolderNow & { places: readonly Place[] },
    ) =>
      inTurn(claims, async id =>
        database.step(async queries => {
          const [, near, rivals] = await Promise.all([
            takeTurnInTree(queries, [...touched.map(({ place }) => place), ...places]),
            decideOn(queries, touched, options.now),
            claims.rivals(queries, places),
          ]);
          const obstacle = obstacleOf(near, touched, options.holder);
          if (obstacle !== undefined) {
            return obstacle;
          }
          if (rivals.length === 0) {
            claims.begin(queries, id, places);
          }
          return rivals.length === 0 ? undefined : { rivals };
        }),
      ),
    settled: place => claims.settled(place),
    close: () => claims.close(),
  };
  return byDatabaseClock(store, () => member.clockOffsetMs);
}

/**
 * Claims in the order of the steps: where another server changes the same place, its change comes first, and then
 * everything is checked anew. So what a client expects of a file is still so when its change is sent. In one process
 * the drive sees to that.
 */
async function inTurn<T extends Touched>(
  claims: Claims,
  step: (id: string) => Promise<Obstacle<T> | { readonly rivals: readonly string[] } | undefined>,
): Promise<Claim | Obstacle<T>> {
  for (;;) {
    const answer = await claims.claiming(step);
    if (!('rivals' in answer)) {
      return answer;
    }
    await claims.gone(answer.rivals);
  }
}

/**
 * Returns the tokens and the keys of the places of all locks. `isTidy`: deletes those first that have expired long
 * before `now`, a time of the database in milliseconds.
 */
export async function readPlaces(
  database: Database,
  { isTidy, now }: { readonly isTidy: boolean; readonly now: number },
): Promise<(readonly [token: string, key: string])[]> {
  if (isTidy) {
    await database.write(SQL.purge, now - EXPIRED_KEPT_MS);
  }
  return (await database.read(SQL.places)).map(({ token, place }) => [token, place] as const);
}

/** Returns all locks that can affect what is touched, expired ones as well. */
async function readNear(queries: Pick<Queries, 'read'>, touched: readonly Touched[]): Promise<StoredLock[]> {
  const keys = new Set(touched.flatMap(({ place }) => keysDownTo(place)));
  const ranges = touched.filter(({ reach }) => reach === 'tree').map(({ place }) => rangeOf(place));
  const firsts = ranges.map(({ first }) => first);
  const stops = ranges.map(({ stop }) => stop);
  return (await queries.read(SQL.near, [...keys], firsts, stops)).map(toLock);
}

/**
 * Returns the valid locks that can affect what is touched. Those that have expired by this server's clock are deleted:
 * a server whose clock is behind must not extend what this step takes for ended.
 */
async function decideOn(queries: Queries, touched: readonly Touched[], now: number): Promise<StoredLock[]> {
  const found = await readNear(queries, touched);
  const expired = found.filter(lock => lock.expires <= now).map(({ token }) => token);
  if (expired.length === 0) {
    return found;
  }
  await queries.write(SQL.removeExpired, expired, now);
  // One of them may have been extended before it could be deleted.
  return valid(await readNear(queries, touched), now);
}

function valid(locks: readonly StoredLock[], now: number): StoredLock[] {
  return locks.filter(({ expires }) => expires > now);
}

function insert(queries: StepQueries, lock: StoredLock): void {
  const { token, place, root, rootKind, depth, scope, user, owner, timeoutSeconds, expires, bornAs } = toLockRow(lock);
  const values = [token, place, root, rootKind, depth, scope, user, owner, timeoutSeconds, expires, bornAs];
  queries.last(SQL.insert, ...values);
}

function rangeOf(place: Place): { readonly first: string; readonly stop: string } {
  const first = placeKey(place);
  return { first, stop: endOfKey(first) };
}
