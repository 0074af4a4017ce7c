import { chmodSync, copyFileSync, existsSync, linkSync, renameSync, rmSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { isUnreleased, migrate, SCHEMA_VERSION } from './migrations.ts';
import { ownFolder } from './one-owner.ts';
import { stateFile } from './state.ts';
import { isDamaged } from './state-error.ts';
import { inTransaction } from './transaction.ts';

/** A running server's writes take no longer than this. */
const BUSY_TIMEOUT_MS = 5_000;
/** The number of reported faults; more would not help. */
const MAX_FAULTS = 20;

export interface StateCheck {
  readonly file: string;
  /** The faults found; empty when there are none. */
  readonly faults: readonly string[];
  /** Rows by table, where they could be counted. */
  readonly rows: Readonly<Record<string, number>>;
}

/** The result of repairing a damaged state. */
export interface StateRepair {
  /** The new path of the damaged file; undefined when there was nothing to repair. */
  readonly setAside: string | undefined;
  /** Saved rows by table. */
  readonly saved: Readonly<Record<string, number>>;
  /** Tables with unreadable rows. */
  readonly incomplete: readonly string[];
}

/** Checks the whole state below `dataDir`, without changes; a server may be running. Throws when there is none. */
export function checkState(dataDir: string): StateCheck {
  const file = existing(dataDir);
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    const faults = faultsOf(database);
    return { file, faults, rows: countRows(database) };
  } catch (error) {
    if (isDamaged(error)) {
      return { file, faults: [(error as Error).message], rows: {} };
    }
    throw error;
  } finally {
    database.close();
  }
}

/** Copies a consistent snapshot of the state to `target`; a server may be running. Throws when the target exists. */
export function backUpState(dataDir: string, target: string): void {
  const file = existing(dataDir);
  if (existsSync(target)) {
    throw new Error(`cannot write the backup: the file "${target}" exists`);
  }
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS });
  try {
    database.prepare('VACUUM INTO ?').run(target);
    // It contains the users' locks and the names of their mailboxes.
    chmodSync(target, 0o600);
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  } finally {
    database.close();
  }
}

/**
 * Creates a new state from the readable parts of a damaged one, which is renamed and never changed. Throws while a
 * server is running.
 */
export function repairState(dataDir: string, { now }: { now: Date }): StateRepair {
  const file = existing(dataDir);
  const owner = ownFolder(dataDir, { patienceMs: 0 });
  try {
    if (checkState(dataDir).faults.length === 0) {
      return { setAside: undefined, saved: {}, incomplete: [] };
    }
    const fresh = `${file}.repaired`;
    const { saved, incomplete } = salvage(file, fresh);
    const setAside = `${file}.damaged-${now.toISOString().replaceAll(':', '')}`;
    replace(file, { fresh, setAside });
    return { setAside, saved, incomplete };
  } finally {
    owner.close();
  }
}

function existing(dataDir: string): string {
  const file = stateFile(dataDir);
  if (!existsSync(file)) {
    throw new Error(`there is no state in "${dataDir}": a server makes it when it first starts`);
  }
  return file;
}

function faultsOf(database: DatabaseSync): string[] {
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  const found = database.prepare(`PRAGMA integrity_check(${MAX_FAULTS})`).all() as { integrity_check: string }[];
  const faults = found.map(({ integrity_check: text }) => text).filter(text => text !== 'ok');
  if (isUnreleased(version)) {
    faults.push(`a version before the first release wrote it (schema ${version}); move state.sqlite out of dataDir`);
  }
  return version > SCHEMA_VERSION ? [...faults, `a newer release wrote it (schema ${version})`] : faults;
}

function countRows(database: DatabaseSync): Record<string, number> {
  return Object.fromEntries(
    tablesOf(database).map(table => {
      const { rows } = database.prepare(`SELECT count(*) AS rows FROM "${table}"`).get() as { rows: number };
      return [table, rows];
    }),
  );
}

/** Returns all tables except those that triggers maintain. */
function tablesOf(database: DatabaseSync): string[] {
  const sql =
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'side_total'";
  return (database.prepare(`${sql} ORDER BY name`).all() as { name: string }[]).map(({ name }) => name);
}

/**
 * Copies the readable parts of `file` to a new state `fresh`. Works on a copy: SQLite would replay the log into the
 * file itself.
 */
function salvage(file: string, fresh: string): Pick<StateRepair, 'saved' | 'incomplete'> {
  const copy = `${file}.reading`;
  const remove = () => {
    for (const each of [copy, `${copy}-wal`, `${copy}-shm`]) {
      rmSync(each, { force: true });
    }
  };
  rmSync(fresh, { force: true });
  remove();
  copyFileSync(file, copy);
  if (existsSync(`${file}-wal`)) {
    copyFileSync(`${file}-wal`, `${copy}-wal`);
  }
  const target = new DatabaseSync(fresh);
  const source = new DatabaseSync(copy);
  try {
    chmodSync(fresh, 0o600);
    migrate(target);
    const saved: Record<string, number> = {};
    const incomplete: string[] = [];
    // One transaction: with one per row, each would wait for the disk, which takes hours for a large state. If SQLite
    // rolls it back, as on a full disk, this throws, and the damaged file stays in place.
    inTransaction(target, () => {
      for (const table of tablesOf(target).filter(name => !isWorthlessInParts(name))) {
        const { rows, isWhole } = salvageTable(source, target, table);
        saved[table] = rows;
        if (!isWhole) {
          incomplete.push(table);
        }
      }
    });
    return { saved, incomplete };
  } finally {
    source.close();
    target.close();
    remove();
  }
}

/** A journal that lacks a member would not tell that it has gone; clients synchronise anew instead. */
function isWorthlessInParts(table: string): boolean {
  return table.startsWith('sync_');
}

/** Copies a table from both ends: behind an unreadable page there may be readable ones. */
function salvageTable(source: DatabaseSync, target: DatabaseSync, table: string): { rows: number; isWhole: boolean } {
  const columns = columnsOf(target, table);
  const known = readable(() => columnsOf(source, table), []).filter(column => columns.includes(column));
  if (known.length === 0) {
    return { rows: 0, isWhole: false };
  }
  const list = known.map(column => `"${column}"`).join(', ');
  const insert = target.prepare(
    `INSERT OR IGNORE INTO "${table}" (${list}) VALUES (${known.map(() => '?').join(', ')})`,
  );
  const copyInOrder = (order: 'ASC' | 'DESC') =>
    readable(() => {
      for (const row of source.prepare(`SELECT ${list} FROM "${table}" ORDER BY "${known[0]}" ${order}`).iterate()) {
        insert.run(...known.map(column => row[column] as SQLInputValue));
      }
      return true;
    }, false);
  const isWhole = copyInOrder('ASC');
  if (!isWhole) {
    copyInOrder('DESC');
  }
  const { rows } = target.prepare(`SELECT count(*) AS rows FROM "${table}"`).get() as { rows: number };
  return { rows, isWhole };
}

function columnsOf(database: DatabaseSync, table: string): string[] {
  return (database.prepare(`PRAGMA table_info("${table}")`).all() as { name: string }[]).map(({ name }) => name);
}

function readable<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch (error) {
    if (isDamaged(error) || (error as { code?: string }).code === 'ERR_SQLITE_ERROR') {
      return otherwise;
    }
    throw error;
  }
}

/** Replaces the state, so that its name exists at every moment; the new state must not use the old one's log. */
function replace(file: string, { fresh, setAside }: { fresh: string; setAside: string }): void {
  linkSync(file, setAside);
  if (existsSync(`${file}-wal`)) {
    renameSync(`${file}-wal`, `${setAside}-wal`);
  }
  rmSync(`${file}-shm`, { force: true });
  renameSync(fresh, file);
}
