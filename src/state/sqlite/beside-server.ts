import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { SCHEMA_VERSION } from './migrations.ts';
import { stateFile } from './state.ts';

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

/** Like `withStateFile`, for tables that may differ between releases. Throws when there is no state of this release. */
export function withKnownState<T>(
  dataDir: string,
  mode: { readonly readOnly: boolean },
  use: (database: DatabaseSync) => T,
): T {
  if (!existsSync(stateFile(dataDir))) {
    throw new Error(`there is no state in "${dataDir}": a server makes it when it first starts`);
  }
  return withStateFile(dataDir, mode, database => {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version !== SCHEMA_VERSION) {
      throw new Error(
        `another release wrote the state (schema ${version}, not ${SCHEMA_VERSION}): start the server first`,
      );
    }
    return use(database);
  });
}
