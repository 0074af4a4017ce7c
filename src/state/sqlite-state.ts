import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { DriveIdStore } from './drive-id-store.ts';
import type { LockStore } from './lock-store.ts';
import type { MailboxStore } from './mailbox-store.ts';
import { migrate } from './migrations.ts';
import { ownFolder } from './one-owner.ts';
import type { OpenWorkStore } from './open-work-store.ts';
import type { PropertyStore } from './property-store.ts';
import { createSealing } from './sealing.ts';
import type { SideStore } from './side-store.ts';
import { createSqliteLockStore } from './sqlite-lock-store.ts';
import { createSqliteMailboxStore } from './sqlite-mailbox-store.ts';
import { createSqliteOpenWorkStore } from './sqlite-open-work-store.ts';
import { createSqlitePropertyStore } from './sqlite-property-store.ts';
import { createSqliteSideStore } from './sqlite-side-store.ts';

const FILE = 'state.sqlite';
/** How long a write waits for another process that has the file open. */
const BUSY_TIMEOUT_MS = 5_000;

/** What side files may take when the caller does not say: the metadata of some 65,000 files, as Finder writes it (4 KiB each). */
const DEFAULT_MAX_SIDE_BYTES = 256 * 1024 * 1024;

/** Everything that survives a restart, in one SQLite file. */
export interface State {
  readonly driveIds: DriveIdStore;
  readonly mailboxes: MailboxStore;
  readonly locks: LockStore;
  readonly properties: PropertyStore;
  readonly sideFiles: SideStore;
  /** Changes of several steps that are under way. */
  readonly intents: OpenWorkStore;
  /** Upload sessions that are open; their plans are encrypted. */
  readonly uploadSessions: OpenWorkStore;
  close(): void;
}

export function stateFile(dataDir: string): string {
  return join(dataDir, FILE);
}

/**
 * Opens, and if need be makes, the state below `dataDir`, for this process alone. Throws with what to do when the folder cannot be written, or
 * another process has it.
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
    const database = openDatabase(dataDir, 'FULL');
    opened.push(ownFolder(dataDir, { patienceMs }), database);
    migrate(database);
    // A lock is a lease: it survives the process in any case, and need not wait for the disk to survive the machine.
    const leases = openDatabase(dataDir, 'NORMAL');
    opened.push(leases);
    return {
      driveIds: createDriveIdStore(database),
      mailboxes: createSqliteMailboxStore(database),
      locks: createSqliteLockStore(leases),
      properties: createSqlitePropertyStore(database),
      sideFiles: createSqliteSideStore(database, { maxBytes: maxSideBytes }),
      intents: createSqliteOpenWorkStore(database, { table: 'intents' }),
      // One that is lost with the machine expires by itself, so that an upload need not wait for the disk.
      uploadSessions: createSqliteOpenWorkStore(leases, { table: 'upload_sessions', coding: createSealing(dataDir) }),
      close: closeAll,
    };
  } catch (error) {
    closeAll();
    throw error;
  }
}

function openDatabase(dataDir: string, synchronous: 'FULL' | 'NORMAL'): DatabaseSync {
  const file = stateFile(dataDir);
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const database = new DatabaseSync(file);
    database.exec(
      `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`,
    );
    chmodSync(file, 0o600);
    return database;
  } catch (cause) {
    throw new Error(`cannot open the state in "${dataDir}": make the folder of dataDir writable for this process`, {
      cause,
    });
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
