import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** Raised whenever the tables change: a store with another number is not read. */
const FORMAT = 3;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS drive (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, quotaBytes INTEGER NOT NULL,
    usedBytes INTEGER NOT NULL, deletedBytes INTEGER NOT NULL, fileCount INTEGER NOT NULL,
    sequence INTEGER NOT NULL, generation INTEGER NOT NULL
  );

  CREATE TABLE IF NOT EXISTS item (
    key INTEGER PRIMARY KEY, drive INTEGER NOT NULL, guid TEXT NOT NULL, parent INTEGER,
    name TEXT NOT NULL, fold TEXT NOT NULL, kind TEXT NOT NULL, size INTEGER NOT NULL, blob TEXT, hash TEXT,
    etagVersion INTEGER NOT NULL, ctagVersion INTEGER NOT NULL, versionNumber INTEGER NOT NULL,
    created INTEGER NOT NULL, modified INTEGER NOT NULL, fsCreated INTEGER NOT NULL, fsModified INTEGER NOT NULL,
    createdBy INTEGER NOT NULL, modifiedBy INTEGER NOT NULL,
    childCount INTEGER NOT NULL, sequence INTEGER NOT NULL, changedAt INTEGER NOT NULL, facets TEXT
  );
  CREATE UNIQUE INDEX IF NOT EXISTS item_place ON item (parent, fold);
  CREATE UNIQUE INDEX IF NOT EXISTS item_guid ON item (drive, guid);
  CREATE UNIQUE INDEX IF NOT EXISTS item_sequence ON item (drive, sequence);

  CREATE TABLE IF NOT EXISTS tombstone (
    drive INTEGER NOT NULL, sequence INTEGER NOT NULL, guid TEXT NOT NULL, parentGuid TEXT NOT NULL,
    kind TEXT NOT NULL, size INTEGER NOT NULL, deletedAt INTEGER NOT NULL, PRIMARY KEY (drive, sequence)
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS version (
    item INTEGER NOT NULL, number INTEGER NOT NULL, blob TEXT NOT NULL, size INTEGER NOT NULL, hash TEXT NOT NULL,
    modified INTEGER NOT NULL, modifiedBy INTEGER NOT NULL, PRIMARY KEY (item, number)
  ) WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS permission (
    item INTEGER NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (item, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS permission_id ON permission (id);

  CREATE TABLE IF NOT EXISTS session (guid TEXT PRIMARY KEY, drive INTEGER NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS subscription (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS identity (key INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE);
  CREATE TABLE IF NOT EXISTS content (name TEXT PRIMARY KEY, bytes BLOB NOT NULL);
`;

/** The SQLite file below the emulated Microsoft: each statement survives the end of the process. */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  #depth = 0;

  /**
   * `isKept`: the file outlives the emulator, so it must survive that the process is killed; a temporary one need not.
   */
  constructor(file: string, { isKept }: { isKept: boolean }) {
    this.#sqlite = new DatabaseSync(file);
    this.#sqlite.exec(
      isKept
        ? // Killed, not powered off: what the process has written is with the operating system.
          'PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536'
        : // Nobody else knows the file: without locks a read costs a third.
          'PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536',
    );
    this.#checkFormat(file);
    this.#sqlite.exec(SCHEMA);
  }

  /** Returns the statement, prepared once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (statement === undefined) {
      statement = this.#sqlite.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  /** Runs `work` as one step, all or nothing. Steps may be nested. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) {
      return work();
    }
    this.#sqlite.exec('BEGIN IMMEDIATE');
    this.#depth += 1;
    try {
      const result = work();
      this.#sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      this.#sqlite.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth -= 1;
    }
  }

  getMeta(name: string): Uint8Array | undefined {
    return this.sql('SELECT value FROM meta WHERE name = ?').get(name)?.value as Uint8Array | undefined;
  }

  setMeta(name: string, value: Uint8Array): void {
    this.sql('INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(name, value);
  }

  close(): void {
    this.#sqlite.close();
  }

  #checkFormat(file: string): void {
    const { user_version: found } = this.#sqlite.prepare('PRAGMA user_version').get() as { user_version: number };
    if (found !== 0 && found !== FORMAT) {
      const when = found > FORMAT ? 'a newer' : 'an older';
      throw new Error(`${file} was written by ${when} emulator (format ${found}); use that one, or another folder`);
    }
    this.#sqlite.exec(`PRAGMA user_version = ${FORMAT}`);
  }
}
