import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

/** One entry per schema version, oldest first; a database is brought up to date by those that it lacks. Never change an entry. */
const MIGRATIONS = [
  `CREATE TABLE drive_ids (
     tenant_id TEXT NOT NULL,
     mailbox TEXT NOT NULL,
     drive_id TEXT NOT NULL,
     PRIMARY KEY (tenant_id, mailbox)
   ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE locks (
     token TEXT NOT NULL PRIMARY KEY,
     place TEXT NOT NULL,
     root TEXT NOT NULL,
     root_kind TEXT NOT NULL CHECK (root_kind IN ('file', 'folder')),
     depth TEXT NOT NULL CHECK (depth IN ('0', 'infinity')),
     scope TEXT NOT NULL CHECK (scope IN ('exclusive', 'shared')),
     user TEXT NOT NULL,
     owner TEXT NOT NULL,
     timeout_seconds INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     born_as TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX locks_by_place ON locks (place);
   CREATE INDEX locks_by_expiry ON locks (expires)`,

  `CREATE TABLE dead_properties (
     scope TEXT NOT NULL,
     item_id TEXT NOT NULL,
     namespace TEXT NOT NULL,
     name TEXT NOT NULL,
     xml TEXT NOT NULL,
     PRIMARY KEY (scope, item_id, namespace, name)
   ) STRICT, WITHOUT ROWID`,

  // The bytes come last, so that no other column has to be read past them. The total is kept by triggers: to add up the sizes at each
  // put would cost more the more files there are.
  `CREATE TABLE side_files (
     id INTEGER PRIMARY KEY,
     place TEXT NOT NULL UNIQUE,
     size INTEGER NOT NULL,
     created INTEGER NOT NULL,
     modified INTEGER NOT NULL,
     file_id TEXT NOT NULL,
     version TEXT NOT NULL,
     used INTEGER NOT NULL,
     bytes BLOB NOT NULL
   ) STRICT;
   CREATE INDEX side_files_by_use ON side_files (used, place);
   CREATE TABLE side_total (bytes INTEGER NOT NULL) STRICT;
   INSERT INTO side_total (bytes) VALUES (0);
   CREATE TRIGGER side_file_added AFTER INSERT ON side_files
     BEGIN UPDATE side_total SET bytes = bytes + NEW.size; END;
   CREATE TRIGGER side_file_removed AFTER DELETE ON side_files
     BEGIN UPDATE side_total SET bytes = bytes - OLD.size; END`,

  `CREATE TABLE mailboxes (
     id INTEGER PRIMARY KEY,
     tenant_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     principal TEXT NOT NULL,
     member_of TEXT NOT NULL,
     name TEXT NOT NULL,
     is_mounted INTEGER NOT NULL CHECK (is_mounted IN (0, 1)),
     UNIQUE (tenant_id, user_id)
   ) STRICT;
   CREATE TABLE answered_rules (
     tenant_id TEXT NOT NULL,
     rule TEXT NOT NULL,
     PRIMARY KEY (tenant_id, rule)
   ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE single_mailboxes (
     tenant_id TEXT NOT NULL,
     mailbox TEXT NOT NULL,
     user_id TEXT NOT NULL,
     PRIMARY KEY (tenant_id, mailbox)
   ) STRICT, WITHOUT ROWID`,

  `CREATE TABLE intents (
     id TEXT NOT NULL PRIMARY KEY,
     tenant_id TEXT NOT NULL,
     since INTEGER NOT NULL,
     plan TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE upload_sessions (
     id TEXT NOT NULL PRIMARY KEY,
     tenant_id TEXT NOT NULL,
     since INTEGER NOT NULL,
     plan TEXT NOT NULL
   ) STRICT, WITHOUT ROWID`,
];

/** What this release knows. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings a database up to date, wholly or not at all. Throws when a newer release wrote it. */
export function migrate(database: DatabaseSync): void {
  inTransaction(database, () => {
    const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > MIGRATIONS.length) {
      throw new Error(
        `cannot use the state: a newer release wrote it (schema ${version}, this release knows ${MIGRATIONS.length})`,
      );
    }
    for (const sql of MIGRATIONS.slice(version)) {
      database.exec(sql);
    }
    database.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  });
}
