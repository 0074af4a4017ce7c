import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Beside the state, so that whoever only looks at that is not kept out. */
const FILE = 'owner.sqlite';
/** For a process that is about to end to do so: a restart may overlap. */
const DEFAULT_PATIENCE_MS = 10_000;
/** SQLite's primary result code for a file that somebody else has locked. */
const SQLITE_BUSY = 5;

/** Whoever lets go of its ownership without closing it would lose it to the garbage collector. */
const held = new Set<DatabaseSync>();

/** The sole use of a data folder, until it is closed or the process ends, however it ends. */
export interface Ownership {
  close(): void;
}

/**
 * Takes the folder for this process. Where others have locks is kept in memory, so that a second process would grant
 * what the first has granted already. It is the lock of an SQLite file that is held, which the system lets go with the
 * process. Throws with what to do.
 */
export function ownFolder(dataDir: string, { patienceMs = DEFAULT_PATIENCE_MS } = {}): Ownership {
  const file = join(dataDir, FILE);
  const database = new DatabaseSync(file, { timeout: patienceMs });
  try {
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    chmodSync(file, 0o600);
    held.add(database);
    return {
      close: () => {
        held.delete(database);
        database.close();
      },
    };
  } catch (cause) {
    database.close();
    throw ((cause as { errcode?: number }).errcode ?? 0) % 256 === SQLITE_BUSY
      ? new Error(`another process serves from "${dataDir}": end it, or give this one a dataDir of its own`, { cause })
      : cause;
  }
}
