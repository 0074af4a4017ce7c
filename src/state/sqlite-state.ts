import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DriveIdStore } from './drive-id-store.ts';

const FILE = 'state.sqlite';
/** How long a write waits for another process that has the file open. */
const BUSY_TIMEOUT_MS = 5_000;

/** One entry per schema version, oldest first; a database is brought up to date by those that it lacks. Never change an entry. */
const MIGRATIONS = [
  `CREATE TABLE drive_ids (
     tenant_id TEXT NOT NULL,
     mailbox TEXT NOT NULL,
     drive_id TEXT NOT NULL,
     PRIMARY KEY (tenant_id, mailbox)
   ) STRICT, WITHOUT ROWID`,
];

/** Everything that survives a restart, in one SQLite file. */
export interface State {
  readonly driveIds: DriveIdStore;
  close(): void;
}

/** Opens, and if need be makes, the state below `dataDir`. Throws with what to do when the folder cannot be written. */
export function openState(dataDir: string): State {
  const database = openDatabase(dataDir);
  migrate(database);
  return { driveIds: createDriveIdStore(database), close: () => database.close() };
}

function openDatabase(dataDir: string): DatabaseSync {
  const file = join(dataDir, FILE);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL`);
    chmodSync(file, 0o600);
    return database;
  } catch (cause) {
    throw new Error(`cannot open the state in "${dataDir}": make the folder of dataDir writable for this process`, {
      cause,
    });
  }
}

function migrate(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > MIGRATIONS.length) {
    throw new Error(
      `cannot use the state: a newer release wrote it (schema ${version}, this release knows ${MIGRATIONS.length})`,
    );
  }
  for (const [index, sql] of MIGRATIONS.entries()) {
    if (index >= version) {
      database.exec(`BEGIN; ${sql}; PRAGMA user_version = ${index + 1}; COMMIT`);
    }
  }
}

function createDriveIdStore(database: DatabaseSync): DriveIdStore {
  const get = database.prepare('SELECT drive_id FROM drive_ids WHERE tenant_id = ? AND mailbox = ?');
  const set = database.prepare('INSERT OR REPLACE INTO drive_ids (tenant_id, mailbox, drive_id) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM drive_ids WHERE tenant_id = ? AND mailbox = ?');
  return {
    get: ({ tenantId, mailbox }) => (get.get(tenantId, mailbox) as { drive_id: string } | undefined)?.drive_id,
    set: ({ tenantId, mailbox }, driveId) => void set.run(tenantId, mailbox, driveId),
    delete: ({ tenantId, mailbox }) => void remove.run(tenantId, mailbox),
  };
}
