import { DatabaseSync } from 'node:sqlite';
import { stateFile } from './sqlite-state.ts';

/** A running server's writes take no longer than this. */
const BUSY_TIMEOUT_MS = 5_000;

/** Lets `use` have the state below `dataDir`; a server may be running. Throws when there is none. */
export function withStateFile<T>(
  dataDir: string,
  { readOnly }: { readOnly: boolean },
  use: (database: DatabaseSync) => T,
): T {
  const database = new DatabaseSync(stateFile(dataDir), { readOnly, timeout: BUSY_TIMEOUT_MS });
  try {
    return use(database);
  } finally {
    database.close();
  }
}
