import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../../lib/disk-full.ts';
import type { DriveIdStore } from '../drive-id-store.ts';
import { NO_PEERS } from '../peers.ts';
import { createCodes, createSealing, KEY_BYTES, ownKey } from '../sealing.ts';
import type { State } from '../state.ts';
import { createSqliteCounts } from './counts.ts';
import { createSqliteDevicePasswordStore } from './device-password-store.ts';
import { createSqliteLockStore } from './lock-store.ts';
import { createSqliteMailboxStore } from './mailbox-store.ts';
import { migrate } from './migrations.ts';
import { createMemoryNoteStore } from './note-store.ts';
import { takeDataFolder } from './one-owner.ts';
import { createSqliteOpenWorkStore } from './open-work-store.ts';
import { createSqlitePeopleStore } from './people-store.ts';
import { createSqlitePropertyStore } from './property-store.ts';
import { createSqliteSessionStore } from './session-store.ts';
import { createSqliteShareStore } from './share-store.ts';
import { createSqliteSideStore } from './side-store.ts';
import { explainStateError, isDamaged } from './state-error.ts';
import { createSqliteSyncStore } from './sync-store.ts';

const FILE = 'state.sqlite';
/** How long a write waits for another process that is writing. */
const BUSY_TIMEOUT_MS = 5_000;

/** The default limit for side files: enough for Finder's metadata of some 65,000 files (4 KiB each). */
const DEFAULT_MAX_SIDE_BYTES = 256 * 1024 * 1024;

export function stateFile(dataDir: string): string {
  return join(dataDir, FILE);
}

/**
 * Opens the state below `dataDir` for this process alone, creating it if necessary. Throws, stating the remedy, when
 * the folder is not writable or another process uses it.
 */
export function openState(
  dataDir: string,
  { maxSideBytes = DEFAULT_MAX_SIDE_BYTES, patienceMs }: { maxSideBytes?: number; patienceMs?: number } = {},
): State {
  const opened: { close(): void }[] = [];
  const closeAll = () => {
    for (const each of opened.splice(0).reverse()) {
      each.close();
    }
  };
  try {
    opened.push(takeDataFolder(dataDir, { patienceMs }));
    const { database, leases } = openBoth(dataDir);
    opened.push(database, ...(leases === database ? [] : [leases]));
    migrate(database);
    const stores = createSqliteStores({ database, leases }, { maxSideBytes, key: ownKey(dataDir) });
    return { ...stores, close: async () => closeAll() };
  } catch (error) {
    closeAll();
    throw isDamaged(error) || isDiskFull(error) ? explainStateError(error, dataDir) : error;
  }
}

/** Creates the stores over a database with the newest schema. Without a key, plans are stored as they are. */
export function createSqliteStores(
  { database, leases }: Connections,
  { maxSideBytes, key }: { readonly maxSideBytes: number; readonly key?: Uint8Array },
): Omit<State, 'close'> {
  const coding = key && createSealing(key);
  return {
    driveIds: createDriveIdStore(database),
    mailboxes: createSqliteMailboxStore(database),
    locks: createSqliteLockStore(leases),
    properties: createSqlitePropertyStore(database),
    sideFiles: createSqliteSideStore(database, { maxBytes: maxSideBytes }),
    intents: createSqliteOpenWorkStore(database, { table: 'intents' }),
    // A session lost in a machine crash expires by itself, so an upload need not wait for the disk.
    uploadSessions: createSqliteOpenWorkStore(leases, { table: 'upload_sessions', coding }),
    sync: createSqliteSyncStore(database),
    devicePasswords: createSqliteDevicePasswordStore({ database, leases }),
    sessions: createSqliteSessionStore(database),
    people: createSqlitePeopleStore(database),
    shares: createSqliteShareStore(database),
    notes: createMemoryNoteStore(),
    codeOf: createCodes(key ?? randomBytes(KEY_BYTES)),
    feeds: undefined,
    peers: NO_PEERS,
    counts: createSqliteCounts(database),
    check: async () => rewriteVersion(leases),
  };
}

/** Writes the first page as it is; the log takes it, and nobody waits for the disk. */
function rewriteVersion(database: DatabaseSync): void {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  database.exec(`PRAGMA user_version = ${version}`);
}

export interface Connections {
  readonly database: DatabaseSync;
  /**
   * For locks, which are leases, and for the last use of device passwords: they survive the process in any case, and
   * need not wait for the disk to survive the machine.
   */
  readonly leases: DatabaseSync;
}

/**
 * Opens both connections. A full disk has no room for the file that coordinates them. Then one connection serves both
 * and needs no such file; so the server starts, and reads go on.
 */
function openBoth(dataDir: string): Connections {
  try {
    const database = openDatabase(dataDir, 'synchronous = FULL');
    return { database, leases: openDatabase(dataDir, 'synchronous = NORMAL') };
  } catch (error) {
    if (!isDiskFull((error as Error).cause) || !existsSync(stateFile(dataDir))) {
      throw error;
    }
    const database = openDatabase(dataDir, 'locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL');
    return { database, leases: database };
  }
}

function openDatabase(dataDir: string, settings: string): DatabaseSync {
  const file = stateFile(dataDir);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA ${settings}; PRAGMA journal_mode = WAL`);
    // A pragma reads no page of a file that is not SQLite's.
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    chmodSync(file, 0o600);
    return database;
  } catch (cause) {
    database?.close();
    throw explainStateError(cause, dataDir);
  }
}

function createDriveIdStore(database: DatabaseSync): DriveIdStore {
  const get = database.prepare('SELECT drive_id FROM drive_ids WHERE tenant_id = ? AND mailbox = ?');
  const list = database.prepare('SELECT mailbox, drive_id FROM drive_ids WHERE tenant_id = ?');
  const set = database.prepare('INSERT OR REPLACE INTO drive_ids (tenant_id, mailbox, drive_id) VALUES (?, ?, ?)');
  const remove = database.prepare('DELETE FROM drive_ids WHERE tenant_id = ? AND mailbox = ?');
  return {
    get: async ({ tenantId, mailbox }) => (get.get(tenantId, mailbox) as { drive_id: string } | undefined)?.drive_id,
    list: async tenantId => {
      const rows = list.all(tenantId) as { mailbox: string; drive_id: string }[];
      return new Map(rows.map(({ mailbox, drive_id }) => [mailbox, drive_id]));
    },
    set: async ({ tenantId, mailbox }, driveId) => {
      try {
        set.run(tenantId, mailbox, driveId);
      } catch (error) {
        // The next look-up finds the drive again; a reader must not fail because of this.
        if (!isDiskFull(error)) {
          throw error;
        }
      }
    },
    delete: async ({ tenantId, mailbox }) => void remove.run(tenantId, mailbox),
  };
}
