import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { createSealing, ownKey, PLAIN, type PlanCoding } from '../sealing.ts';
import { migrate } from '../sqlite/migrations.ts';
import { takeDataFolder } from '../sqlite/one-owner.ts';
import { openState, stateFile } from '../sqlite/state.ts';
import type { CopySource, CopyTarget, Row, Value } from './sides.ts';

/** Triggers maintain it. */
const DERIVED = ['side_total'];

/** Opens the state below `dataDir`. Throws FolderInUse while a server uses it, and an error when there is none. */
export async function openSqliteSource(dataDir: string): Promise<CopySource> {
  if (!existsSync(stateFile(dataDir))) {
    throw new Error(`there is no state in "${dataDir}": a server makes it when it first starts`);
  }
  const { database, close } = open(dataDir);
  return {
    codingOf: codingsOf(dataDir),
    tables: async () => tablesOf(database),
    read: async function* (table, columns, batch) {
      const known = columnsOf(database, table).filter(column => columns.includes(column));
      let rows: Row[] = [];
      for (const row of database.prepare(`SELECT ${listOf(known)} FROM ${quote(table)} ORDER BY 1`).iterate()) {
        rows.push({ ...row } as Row);
        if (rows.length === batch) {
          yield rows;
          rows = [];
        }
      }
      yield rows;
    },
    close,
  };
}

/** The key is beside the file; the forms' secrets of sessions are as safe as that. */
function codingsOf(dataDir: string): (table: string) => PlanCoding {
  const coding = createSealing(ownKey(dataDir));
  return table => (table === 'sessions' ? PLAIN : coding);
}

/** Opens the state below `dataDir`, and makes it if there is none. Throws FolderInUse while a server uses it. */
export async function openSqliteTarget(dataDir: string): Promise<CopyTarget> {
  // Makes the file with its rights and its tables.
  await openState(dataDir, { patienceMs: 0 }).close();
  const { database, close } = open(dataDir);
  database.exec('BEGIN IMMEDIATE');
  const tables = tablesOf(database);
  return {
    codingOf: codingsOf(dataDir),
    hasTable: table => tables.includes(table),
    columns: table => columnsOf(database, table),
    isEmpty: async names =>
      names.every(table => database.prepare(`SELECT 1 FROM ${quote(table)} LIMIT 1`).get() === undefined),
    clear: async names => {
      for (const table of names) {
        database.exec(`DELETE FROM ${quote(table)}`);
      }
    },
    write: async (table, rows) => {
      const columns = Object.keys(rows[0] ?? {});
      const places = columns.map(() => '?').join(', ');
      const insert = database.prepare(`INSERT INTO ${quote(table)} (${listOf(columns)}) VALUES (${places})`);
      for (const row of rows) {
        insert.run(...columns.map((column): Value => row[column]!));
      }
    },
    commit: async () => database.exec('COMMIT'),
    close,
  };
}

function open(dataDir: string): { database: DatabaseSync; close: () => Promise<void> } {
  const owner = takeDataFolder(dataDir, { patienceMs: 0 });
  const database = new DatabaseSync(stateFile(dataDir));
  const close = async () => {
    // What was not committed is rolled back.
    database.close();
    owner.close();
  };
  try {
    migrate(database);
    return { database, close };
  } catch (error) {
    void close();
    throw error;
  }
}

function tablesOf(database: DatabaseSync): string[] {
  const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
  const names = (database.prepare(sql).all() as { name: string }[]).map(({ name }) => name);
  return names.filter(name => !DERIVED.includes(name));
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  return (database.prepare(`PRAGMA table_info(${quote(table)})`).all() as { name: string }[]).map(({ name }) => name);
}

function listOf(columns: readonly string[]): string {
  return columns.map(quote).join(', ');
}

function quote(name: string): string {
  return `"${name}"`;
}
