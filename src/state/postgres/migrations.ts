import type pg from 'pg';
import { StateUnavailable } from '../state-unavailable.ts';
import { type ConnectOptions, openClient } from './connect.ts';
import { explain } from './explain.ts';
import { unfitnessOf } from './fitness.ts';
import { KEY_CHECK, TABLES } from './tables.ts';

/** One entry for each version, oldest first; a database gets the missing ones. Never change an entry. */
export const CHANGES: readonly string[] = [TABLES, KEY_CHECK];

/** The schema version of this release. */
export const SCHEMA_VERSION = CHANGES.length;

/** Of the advisory lock that one server at a time has while it creates or updates the tables ("onedrive"). */
const MIGRATION_LOCK = 0x6f6e6564;

const VERSION_TABLE = 'state_version';

/**
 * Creates or updates the tables, completely or not at all. When several servers start at once, one does it and the
 * others wait for that. Rejects when a newer release wrote the tables, or no state can be in this database. `changes`
 * are this release's unless a test passes its own.
 */
export async function migrate(options: ConnectOptions, changes: readonly string[] = CHANGES): Promise<void> {
  let client: pg.Client | undefined;
  try {
    // A large table takes its time, and so does the wait for another server's work on it.
    client = await openClient(options, { isEndless: true });
    const unfitness = await unfitnessOf(client, options);
    if (unfitness !== undefined) {
      const { words, mayPass } = unfitness;
      throw mayPass ? new StateUnavailable(words) : new Error(`cannot use the database of the state: ${words}`);
    }
    if ((await versionOf(client)) !== changes.length) {
      await inOneStep(client, changes);
    }
  } catch (error) {
    throw explain(error);
  } finally {
    await client?.end().catch(() => {});
  }
}

async function inOneStep(client: pg.Client, changes: readonly string[]): Promise<void> {
  await client.query('BEGIN');
  await client.query('SELECT pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
  const version = await versionOf(client);
  if (version > changes.length) {
    throw new Error(
      `cannot use the state: a newer release wrote it (schema ${version}, this release knows ${changes.length})`,
    );
  }
  for (const statements of changes.slice(version)) {
    await client.query(statements);
  }
  await client.query(`CREATE TABLE IF NOT EXISTS ${VERSION_TABLE} (version INTEGER NOT NULL)`);
  await client.query(`DELETE FROM ${VERSION_TABLE}`);
  await client.query(`INSERT INTO ${VERSION_TABLE} (version) VALUES ($1)`, [changes.length]);
  await client.query('COMMIT');
}

/** Returns the version of the schema; 0: there are no tables yet. */
export async function versionOf(client: Pick<pg.Client, 'query'>): Promise<number> {
  // Not by to_regclass(): a session remembers that there was no such table, and a wait for an advisory lock does not make
  // it look again.
  const { rowCount } = await client.query('SELECT FROM pg_class WHERE relname = $1 AND pg_table_is_visible(oid)', [
    VERSION_TABLE,
  ]);
  if (rowCount === 0) {
    return 0;
  }
  const { rows } = await client.query<{ version: number }>(`SELECT version FROM ${VERSION_TABLE}`);
  return rows[0]?.version ?? 0;
}
