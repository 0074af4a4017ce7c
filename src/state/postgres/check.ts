import { type BesideOptions, requireThisRelease } from './beside.ts';
import { openDatabase, sql } from './database.ts';
import { SCHEMA_VERSION } from './migrations.ts';

export interface DatabaseCheck {
  readonly version: number;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** The faults found; empty when there are none. */
  readonly faults: readonly string[];
}

const TABLES = sql<{ name: string }>(
  `SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'side_total'
   ORDER BY name`,
);
const SIDE_BYTES = sql<{ noted: number; found: number }>(
  'SELECT (SELECT bytes FROM side_total) AS noted, (SELECT coalesce(sum(size), 0)::bigint FROM side_files) AS found',
);

/** Reads all tables; servers may be running. Rejects when the database is away, or has no state of this release. */
export async function checkPostgresState(options: BesideOptions): Promise<DatabaseCheck> {
  await requireThisRelease(options);
  const database = openDatabase({ ...options, connections: 1, isEndless: true });
  try {
    const rows: Record<string, number> = {};
    for (const { name } of await database.read(TABLES)) {
      const [count] = await database.read(sql<{ n: number }>(`SELECT count(*) AS n FROM "${name}"`));
      rows[name] = count!.n;
    }
    const { noted, found } = (await database.read(SIDE_BYTES))[0]!;
    const faults = noted === found ? [] : [`side files have ${found} bytes, but ${noted} are noted`];
    return { version: SCHEMA_VERSION, rows, faults };
  } finally {
    await database.close();
  }
}
