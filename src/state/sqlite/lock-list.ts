import type { StoredLock } from '../lock-store.ts';
import { withStateFile } from './beside-server.ts';
import { readLocks } from './lock-table.ts';

/**
 * Returns all locks valid at `now` (milliseconds since 1970), ordered by the URL that they were taken on; a server may
 * be running.
 */
export function listLocks(dataDir: string, now: number): readonly StoredLock[] {
  return withStateFile(dataDir, { readOnly: true }, database => readLocks(database, now));
}

/**
 * Ends locks; a server may be running: it looks each lock up in the table before it counts, so a deleted one has no
 * effect. A client that sends its token later gets 412, as for an expired lock.
 */
export function breakLocks(dataDir: string, tokens: readonly string[]): void {
  withStateFile(dataDir, { readOnly: false }, database =>
    database.prepare('DELETE FROM locks WHERE token IN (SELECT value FROM json_each(?))').run(JSON.stringify(tokens)),
  );
}
