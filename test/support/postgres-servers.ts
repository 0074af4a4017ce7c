import { randomBytes } from 'node:crypto';
import { createLog } from '../../src/lib/log.ts';
import { openPostgresState } from '../../src/state/postgres/state.ts';
import { KEY_BYTES } from '../../src/state/sealing.ts';
import type { State } from '../../src/state/state.ts';
import { openDatabase, type TestDatabase } from './postgres.ts';

/** Servers that share one state. */
export interface PostgresServers {
  readonly servers: readonly State[];
  readonly database: TestDatabase;
  /** Closes the state of each and gives the database back, without rows. */
  close(): Promise<void>;
}

const SILENT = createLog({ level: 'silent' });
/** Enough for tests that are about something else. */
const PLENTY = 16 * 1024 ** 2;

export const STATE_KEY = randomBytes(KEY_BYTES);

/** Databases with tables and without rows: to make one takes longer than most tests. */
const emptied: TestDatabase[] = [];

/** Ids go on, as no test may depend on them. */
const EMPTY_ALL = `DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('side_total', 'state_version')
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP; END $$`;

/** Opens the state of `count` servers over an empty database. */
export async function openServers(count: number, maxSideBytes = PLENTY): Promise<PostgresServers> {
  const database = emptied.pop() ?? (await openDatabase());
  const open = () =>
    openPostgresState({ url: database.socketUrl, connections: 10, key: STATE_KEY, maxSideBytes, log: SILENT });
  const servers: State[] = [];
  for (let number = 0; number < count; number += 1) {
    servers.push(await open());
  }
  return {
    servers,
    database,
    close: async () => {
      await Promise.all(servers.map(server => server.close()));
      await database.query(EMPTY_ALL);
      emptied.push(database);
    },
  };
}

/** Lets `use` have the states of `count` servers over one empty database. */
export async function withServers(
  count: number,
  use: (servers: readonly State[], database: TestDatabase) => Promise<void>,
  maxSideBytes?: number,
): Promise<void> {
  const { servers, database, close } = await openServers(count, maxSideBytes);
  try {
    await use(servers, database);
  } finally {
    await close();
  }
}
