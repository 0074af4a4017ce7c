import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { forgetProcess, noteProcess } from '../processes.ts';
import { explainStateError } from './state-error.ts';

/** Beside the state, so that read-only commands are not locked out. */
const FILE = 'owner.sqlite';
/** Time for an ending process to finish: restarts may overlap. */
const DEFAULT_PATIENCE_MS = 10_000;
/** SQLite's primary result code for a file locked by another process. */
const SQLITE_BUSY = 5;

/** Keeps ownerships from being garbage-collected while they are not closed. */
const held = new Set<DatabaseSync>();

/** Another process has the folder. */
export class FolderInUse extends Error {
  constructor(dataDir: string, cause?: unknown) {
    super(`another process serves from "${dataDir}": end it, or give this one a dataDir of its own`, { cause });
  }
}

/** Exclusive use of a data folder, until it is closed or the process ends in any way. */
export interface Ownership {
  close(): void;
}

/**
 * Takes the folder for this process. The locked places are kept in memory, so a second process could grant conflicting
 * locks. The ownership is the lock of an SQLite file, which the system releases with the process. Errors state the
 * remedy.
 */
export function ownFolder(dataDir: string, { patienceMs = DEFAULT_PATIENCE_MS } = {}): Ownership {
  const file = join(dataDir, FILE);
  const database = new DatabaseSync(file, { timeout: patienceMs });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
    noteProcess(dataDir, 'owner');
    held.add(database);
    return {
      close: () => {
        forgetProcess(dataDir, 'owner');
        held.delete(database);
        database.close();
      },
    };
  } catch (cause) {
    database.close();
    throw ((cause as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY
      ? new FolderInUse(dataDir, cause)
      : cause;
  }
}

/** Makes the folder if necessary, and takes it like `ownFolder`. Throws, stating the remedy, when it is not writable. */
export function takeDataFolder(dataDir: string, options: { patienceMs?: number | undefined } = {}): Ownership {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    return ownFolder(dataDir, options);
  } catch (error) {
    // Of a folder in use, the error already has its message.
    throw error instanceof FolderInUse ? error : explainStateError(error, dataDir);
  }
}
