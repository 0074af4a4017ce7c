import type { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../../lib/disk-full.ts';
import type { StoredLock } from '../lock-store.ts';
import { LockedPlaces } from '../locked-places.ts';
import { endOfKey, type Place, placeKey } from '../place.ts';
import { keysDownTo, type LockRow, toLock, toLockRow } from '../rows/lock-row.ts';
import { inTransaction } from './transaction.ts';

const COLUMNS = `token, place, root, root_kind AS "rootKind", depth, scope, user, owner, timeout_seconds AS "timeoutSeconds", expires,
  born_as AS "bornAs"`;

/** Returns all locks valid at `now`, for read-only use. */
export function readLocks(database: DatabaseSync, now: number): StoredLock[] {
  return toLocks(database.prepare(`SELECT ${COLUMNS} FROM locks WHERE expires > ? ORDER BY place, token`).all(now));
}

/** The rows of locks, used by the steps of SQLite's lock store. Never returns an expired lock. */
export interface LockTable {
  /** Returns true when there is no row at all, according to this process's own writes. */
  isEmpty(): boolean;
  /** Returns how often `put` was called. */
  puts(): number;
  /** Returns the locks that reach `place`: rooted there, or at a folder above it with depth infinity. */
  covering(place: Place, now: number): readonly StoredLock[];
  /** Returns the locks rooted at `place` or anywhere below it. */
  within(place: Place, now: number): readonly StoredLock[];
  /** Returns the number of a user's locks. */
  count(user: string, now: number): number;
  /** Returns the lock with this token. */
  get(token: string, now: number): StoredLock | undefined;
  /** Adds a lock, or replaces the one with its token. */
  put(lock: StoredLock): void;
  /** Deletes the locks with these tokens, in one step. */
  delete(...tokens: readonly string[]): void;
}

/**
 * Creates the lock table in SQLite, so that locks survive a restart of the server. No other process may add locks
 * meanwhile: the locked places are read once, at the start. Others may end locks (`lock-list.ts`): each is looked up
 * before it counts.
 */
export function createSqliteLockTable(database: DatabaseSync): LockTable {
  const covering = database.prepare(
    `SELECT ${COLUMNS} FROM locks
     WHERE place IN (SELECT value FROM json_each(:places)) AND (place = :own OR depth = 'infinity') AND expires > :now`,
  );
  const within = database.prepare(
    `SELECT ${COLUMNS} FROM locks WHERE place >= :first AND place < :end AND expires > :now`,
  );
  const count = database.prepare('SELECT count(*) AS locks FROM locks WHERE user = ? AND expires > ?');
  const get = database.prepare(`SELECT ${COLUMNS} FROM locks WHERE token = ? AND expires > ?`);
  const put = database.prepare(
    `INSERT OR REPLACE INTO locks (token, place, root, root_kind, depth, scope, user, owner, timeout_seconds, expires, born_as)
     VALUES (:token, :place, :root, :rootKind, :depth, :scope, :user, :owner, :timeoutSeconds, :expires, :bornAs)`,
  );
  const purge = database.prepare('DELETE FROM locks WHERE expires <= ? RETURNING token');
  const remove = database.prepare('DELETE FROM locks WHERE token IN (SELECT value FROM json_each(?))');
  const places = readPlaces(database);
  /** Ended locks whose rows remain until the disk has room again. */
  const ended = new Set<string>();
  const living = (rows: readonly unknown[]) => toLocks(rows).filter(({ token }) => !ended.has(token));
  const removeEnded = () => {
    remove.run(JSON.stringify([...ended]));
    ended.clear();
  };
  /** The time passed by the last caller: `put` needs one to find expired locks. */
  let lastNow = 0;
  let puts = 0;
  return {
    isEmpty: () => places.isEmpty(),
    puts: () => puts,
    covering: (place, now) => {
      lastNow = now;
      const keys = keysDownTo(place);
      if (!places.hasAny(keys)) {
        return [];
      }
      return living(covering.all({ places: JSON.stringify(keys), own: keys.at(-1)!, now }));
    },
    within: (place, now) => {
      lastNow = now;
      if (places.isEmpty()) {
        return [];
      }
      const first = placeKey(place);
      return living(within.all({ first, end: endOfKey(first), now }));
    },
    count: (user, now) => {
      lastNow = now;
      return (count.get(user, now) as { locks: number }).locks;
    },
    get: (token, now) => {
      lastNow = now;
      return living(get.all(token, now))[0];
    },
    put: lock => {
      puts += 1;
      const row = toLockRow(lock);
      let dead: unknown[] = [];
      inTransaction(database, () => {
        remove.run(JSON.stringify([...ended]));
        dead = purge.all(lastNow);
        put.run(row);
      });
      ended.clear();
      places.delete(tokensOf(dead));
      places.set(row.token, row.place);
    },
    delete: (...tokens) => {
      places.delete(tokens);
      for (const token of tokens) {
        ended.add(token);
      }
      try {
        removeEnded();
      } catch (error) {
        // The locked resource may be gone already, and that change must not be reported as failed.
        if (!isDiskFull(error)) {
          throw error;
        }
      }
    },
  };
}

function tokensOf(rows: readonly unknown[]): string[] {
  return (rows as Pick<LockRow, 'token'>[]).map(({ token }) => token);
}

function readPlaces(database: DatabaseSync): LockedPlaces {
  const rows = database.prepare('SELECT token, place FROM locks').all() as Pick<LockRow, 'token' | 'place'>[];
  return new LockedPlaces(rows.map(({ token, place }) => [token, place]));
}

function toLocks(rows: readonly unknown[]): StoredLock[] {
  return (rows as LockRow[]).map(toLock);
}
