import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { DriveIdKey } from '../drive-id-store.ts';
import type { StateLook, StateProblem } from '../state-look.ts';
import { readMailboxes } from './mailbox-store.ts';
import { isUnreleased, SCHEMA_VERSION } from './migrations.ts';
import { stateFile } from './state.ts';

/** If the file stays locked for longer than this, it cannot be used. */
const BUSY_TIMEOUT_MS = 500;

/** Reads the state below `dataDir`, which may belong to a running server; creates and changes nothing. */
export function lookAtState(dataDir: string): StateLook {
  const file = stateFile(dataDir);
  const nothing = { file, problem: undefined, driveId: () => undefined, mailboxes: () => [] };
  if (!existsSync(file)) {
    return nothing;
  }
  try {
    const version = read(file, versionOf);
    if (version === SCHEMA_VERSION) {
      const mailboxes = () => read(file, readMailboxes);
      return { ...nothing, driveId: key => readDriveId(file, key), mailboxes };
    }
    if (isUnreleased(version)) {
      return { ...nothing, problem: 'unreleased' };
    }
    // The next start migrates an older release's state.
    return version > SCHEMA_VERSION ? { ...nothing, problem: 'newer' } : nothing;
  } catch (error) {
    return { ...nothing, problem: problemOf(error) };
  }
}

function read<T>(file: string, use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
    return use(database);
  } finally {
    database.close();
  }
}

function versionOf(database: DatabaseSync): number {
  // The pragma alone reads no page of a file that is not SQLite's.
  database.prepare('SELECT count(*) FROM sqlite_schema').get();
  return (database.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

function readDriveId(file: string, { tenantId, mailbox }: DriveIdKey): string | undefined {
  const sql = 'SELECT drive_id FROM drive_ids WHERE tenant_id = ? AND mailbox = ?';
  return read(file, database => database.prepare(sql).get(tenantId, mailbox) as { drive_id: string } | undefined)
    ?.drive_id;
}

/** SQLite's primary result codes; extended ones hold them in their low byte. */
const PROBLEM_OF: Record<number, StateProblem> = {
  5: 'locked',
  6: 'locked',
  3: 'unreadable',
  14: 'unreadable',
};

function problemOf(error: unknown): StateProblem {
  const { errcode = 0 } = error as { errcode?: number };
  return PROBLEM_OF[errcode & 0xff] ?? 'broken';
}
