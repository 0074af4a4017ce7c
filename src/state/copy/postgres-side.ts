import type pg from 'pg';
import { type ConnectOptions, openClient } from '../postgres/connect.ts';
import { explain } from '../postgres/explain.ts';
import { migrate } from '../postgres/migrations.ts';
import { createSealing } from '../sealing.ts';
import type { CopySource, CopyTarget, Row, Value } from './sides.ts';

/** What triggers maintain, what names the schema, what servers that run know of each other, and what is over soon. */
const NOT_COPIED = ['side_total', 'state_version', 'servers', 'claims', 'notes'];

/** Of one statement (PostgreSQL, "Limits": query parameters). */
const MAX_PARAMETERS = 65_535;

export interface DatabaseSide extends ConnectOptions {
  readonly key: Uint8Array;
}

/** Opens the state in a database as it is now. Rejects while a server uses it. */
export async function openPostgresSource(options: DatabaseSide): Promise<CopySource> {
  const { client, tables, close } = await open(options);
  const coding = createSealing(options.key);
  return {
    codingOf: () => coding,
    tables: async () => [...tables.keys()],
    read: async function* (table, columns, batch) {
      const known = (tables.get(table) ?? []).filter(column => columns.includes(column));
      await client.query(`DECLARE rows CURSOR FOR SELECT ${listOf(known)} FROM ${quote(table)} ORDER BY 1`);
      for (;;) {
        const { rows } = await client.query<Record<string, Value>>(`FETCH ${batch} FROM rows`);
        yield rows;
        if (rows.length < batch) {
          break;
        }
      }
      await client.query('CLOSE rows');
    },
    close,
  };
}

/** Opens the state in a database, and makes its tables if there are none. Rejects while a server uses it. */
export async function openPostgresTarget(options: DatabaseSide): Promise<CopyTarget> {
  await migrate(options);
  const { client, tables, close } = await open(options);
  const coding = createSealing(options.key);
  return {
    codingOf: () => coding,
    hasTable: table => tables.has(table),
    columns: table => tables.get(table) ?? [],
    isEmpty: async names => {
      const found = names.map(table => `EXISTS (SELECT FROM ${quote(table)})`).join(' OR ');
      const { rows } = await client.query<{ found: boolean }>(`SELECT ${found} AS found`);
      return rows[0]?.found === false;
    },
    clear: async names => {
      for (const table of names) {
        await client.query(`DELETE FROM ${quote(table)}`);
      }
    },
    write: (table, rows) => insert(client, table, rows),
    commit: async () => {
      await continueNumbers(client);
      await client.query('COMMIT');
    },
    close,
  };
}

/** Begins a transaction in which no server can come. */
async function open(
  options: DatabaseSide,
): Promise<{ client: pg.Client; tables: Map<string, string[]>; close: () => Promise<void> }> {
  const client = await openClient(options, { isEndless: true }).catch((error: unknown) => {
    throw explain(error);
  });
  const close = async () => client.end().catch(() => {});
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('LOCK TABLE servers IN EXCLUSIVE MODE');
    const { rows } = await client.query<{ name: string }>(
      'SELECT name FROM servers WHERE until > clock_timestamp() ORDER BY name',
    );
    if (rows.length > 0) {
      const names = rows.map(({ name }) => name).join(', ');
      throw new Error(`servers use the database: end them first (${names})`);
    }
    return { client, tables: await tablesOf(client), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Returns the columns of all tables that are worth copying. */
async function tablesOf(client: pg.Client): Promise<Map<string, string[]>> {
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    `SELECT table_name::text, column_name::text FROM information_schema.columns
     WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`,
  );
  const byTable = Map.groupBy(
    rows.filter(({ table_name }) => !NOT_COPIED.includes(table_name)),
    ({ table_name }) => table_name,
  );
  return new Map([...byTable].map(([table, columns]) => [table, columns.map(({ column_name }) => column_name)]));
}

async function insert(client: pg.Client, table: string, rows: readonly Row[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {});
  const atOnce = Math.floor(MAX_PARAMETERS / Math.max(1, columns.length));
  for (let done = 0; done < rows.length; done += atOnce) {
    const some = rows.slice(done, done + atOnce);
    const tuples = some.map((_, row) => `(${columns.map((_, column) => `$${row * columns.length + column + 1}`)})`);
    const values = some.flatMap(row => columns.map(column => row[column]));
    await client.query(`INSERT INTO ${quote(table)} (${listOf(columns)}) VALUES ${tuples.join(', ')}`, values);
  }
}

/** The next rows get ids that no copied one has. */
async function continueNumbers(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ table_name: string; column_name: string }>(
    `SELECT table_name::text, column_name::text FROM information_schema.columns
     WHERE table_schema = current_schema() AND is_identity = 'YES'`,
  );
  for (const { table_name: table, column_name: column } of rows) {
    await client.query(
      `SELECT setval(pg_get_serial_sequence($1, $2), max(${quote(column)})) FROM ${quote(table)} HAVING count(*) > 0`,
      [table, column],
    );
  }
}

function listOf(columns: readonly string[]): string {
  return columns.map(quote).join(', ');
}

function quote(name: string): string {
  return `"${name}"`;
}
