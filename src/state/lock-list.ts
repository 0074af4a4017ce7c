import { DatabaseSync } from 'node:sqlite';
import type { StoredLock } from './lock-store.ts';
import { readLocks } from './sqlite-lock-table.ts';
import { stateFile } from './sqlite-state.ts';

const BUSY_TIMEOUT_MS = 5_000;

/**
 * All locks that hold at `now` (milliseconds since 1970), beside a server that works with them; by the URL that they
 * were taken on.
 */
export function listLocks(dataDir: string, now: number): readonly StoredLock[] {
  return withDatabase(dataDir, { readOnly: true }, database => readLocks(database, now));
}

/**
 * Ends locks, beside a server that works with them: that looks each lock up in the table before it counts, and what is
 * not there is none to it. A client that comes back with its token is told 412, as after a lock's end by time.
 */
export function breakLocks(dataDir: string, tokens: readonly string[]): void {
  withDatabase(dataDir, { readOnly: false }, database =>
    database.prepare('DELETE FROM locks WHERE token IN (SELECT value FROM json_each(?))').run(JSON.stringify(tokens)),
  );
}

function withDatabase<T>(dataDir: string, { readOnly }: { readOnly: boolean }, use: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(stateFile(dataDir), { readOnly, timeout: BUSY_TIMEOUT_MS });
  try {
    return use(database);
  } finally {
    database.close();
  }
}
