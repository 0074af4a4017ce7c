import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../../../src/state/sqlite/migrations.ts';
import { openState } from '../../../src/state/sqlite/state.ts';
import type { State } from '../../../src/state/state.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

/**
 * Lets each of `uses` have the state of one folder, which is opened and closed for each: between them lies a restart.
 */
export async function withRestarts(...uses: ((state: State, folder: string) => unknown)[]): Promise<void> {
  await using folder = await makeTempDir();
  for (const use of uses) {
    const state = openState(folder.path);
    try {
      await use(state, folder.path);
    } finally {
      await state.close();
    }
  }
}

/** An empty database of the newest schema that no file stands for: fast, for the tests that need many. */
export async function withDatabase(use: (database: DatabaseSync) => unknown): Promise<void> {
  const database = new DatabaseSync(':memory:');
  try {
    migrate(database);
    await use(database);
  } finally {
    database.close();
  }
}
