import type pg from 'pg';
import type { StateBeside } from '../beside.ts';
import { decodePerson } from '../rows/person-text.ts';
import type { State } from '../state.ts';
import { openClient } from './connect.ts';
import { type Database, openDatabase, sql } from './database.ts';
import { createPostgresDevicePasswordStore } from './device-password-store.ts';
import { explain } from './explain.ts';
import { SCHEMA_VERSION, versionOf } from './migrations.ts';
import { createPostgresShareStore } from './share-store.ts';
import { openPostgresState, type PostgresStateOptions } from './state.ts';

export type BesideOptions = Omit<PostgresStateOptions, 'maxSideBytes' | 'connections'>;

const PEOPLE = sql<{ person: string }>('SELECT person FROM people ORDER BY tenant_id, user_id');
const SESSIONS = sql<{ user_id: string; n: number }>(
  'SELECT user_id, count(*) AS n FROM sessions WHERE expires > $1 GROUP BY user_id',
);

/** Reads by itself. Changes as a server among the others does, so that those hear of it. */
export function besidePostgres(options: BesideOptions): StateBeside {
  const read = <T>(use: (database: Database) => Promise<T>) => reading(options, use);
  const change = <T>(use: (state: State) => Promise<T>) => changing(options, use);
  const count = async (done: readonly Promise<boolean>[]) => (await Promise.all(done)).filter(each => each).length;
  return {
    locks: now =>
      change(async ({ locks }) => {
        const found = await locks.discover([], { now, members: true });
        return found.toSorted((left, right) => (left.place.join('/') < right.place.join('/') ? -1 : 1));
      }),
    breakLocks: tokens =>
      change(async ({ locks }) => void (await Promise.all(tokens.map(token => locks.withdraw(token))))),
    people: now =>
      read(async database => ({
        people: (await database.read(PEOPLE)).map(({ person }) => decodePerson(person)),
        passwords: await createPostgresDevicePasswordStore(database).list(),
        sessions: new Map((await database.read(SESSIONS, now)).map(({ user_id, n }) => [user_id, n])),
      })),
    revokePasswords: ids =>
      change(async ({ devicePasswords }) => {
        const chosen = (await devicePasswords.list()).filter(({ id }) => ids.includes(id));
        return count(chosen.map(({ userId, id }) => devicePasswords.remove(userId, id)));
      }),
    endSessions: userId => change(({ sessions }) => sessions.removeAll(userId)),
    shares: () => read(database => createPostgresShareStore(database).list()),
    revokeShares: (ids, now) => change(({ shares }) => count(ids.map(id => shares.revoke(id, { at: now })))),
  };
}

async function reading<T>(options: BesideOptions, use: (database: Database) => Promise<T>): Promise<T> {
  await requireThisRelease(options);
  const database = openDatabase({ ...options, connections: 1 });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

async function changing<T>(options: BesideOptions, use: (state: State) => Promise<T>): Promise<T> {
  await requireThisRelease(options);
  const state = await openPostgresState({ ...options, connections: 2, maxSideBytes: Number.MAX_SAFE_INTEGER });
  try {
    return await use(state);
  } finally {
    await state.close();
  }
}

/** A command must not bring the tables to its own release while servers of another one use them. */
export async function requireThisRelease(options: BesideOptions): Promise<void> {
  let client: pg.Client | undefined;
  try {
    client = await openClient(options);
    const version = await versionOf(client);
    if (version === 0) {
      throw new Error('there is no state in the database: a server makes it when it first starts');
    }
    if (version !== SCHEMA_VERSION) {
      throw new Error(
        `another release wrote the state (schema ${version}, not ${SCHEMA_VERSION}): start the server first`,
      );
    }
  } catch (error) {
    throw explain(error);
  } finally {
    await client?.end().catch(() => {});
  }
}
