import type { DatabaseSync } from 'node:sqlite';
import { inTransaction } from './transaction.ts';

/** The tables of the first release. */
const TABLES = [
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
  // Triggers maintain the total: adding up the sizes at each put would cost more with each file. Folders and their
  // members have a name: they are listed and never evicted.
  `CREATE TABLE side_files (
     id INTEGER PRIMARY KEY,
     place TEXT NOT NULL UNIQUE,
     size INTEGER NOT NULL,
     created INTEGER NOT NULL,
     modified INTEGER NOT NULL,
     file_id TEXT NOT NULL,
     version TEXT NOT NULL,
     used INTEGER NOT NULL,
     bytes BLOB NOT NULL,
     kind TEXT NOT NULL DEFAULT 'file' CHECK (kind IN ('file', 'folder')),
     name TEXT NOT NULL DEFAULT ''
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

/** Lower numbers were used in development. */
const FIRST_VERSION = 8;

/**
 * One entry for each version after the first, oldest first; a database gets the missing ones. Never change an entry.
 */
export const CHANGES: readonly string[] = [
  // Journals of synchronised folders (docs/decisions/0022).
  `CREATE TABLE sync_journals (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     scope TEXT NOT NULL,
     folder_id TEXT NOT NULL,
     level TEXT NOT NULL CHECK (level IN ('1', 'infinite')),
     secret TEXT NOT NULL,
     link TEXT NOT NULL,
     linked_at INTEGER NOT NULL,
     last INTEGER NOT NULL,
     floor INTEGER NOT NULL,
     size INTEGER NOT NULL,
     used INTEGER NOT NULL,
     UNIQUE (scope, folder_id, level)
   ) STRICT;
   CREATE TABLE sync_members (
     journal INTEGER NOT NULL,
     path TEXT NOT NULL,
     folder TEXT NOT NULL,
     item_id TEXT NOT NULL,
     kind TEXT NOT NULL CHECK (kind IN ('file', 'folder')),
     tag TEXT NOT NULL,
     shown TEXT NOT NULL,
     born INTEGER NOT NULL,
     number INTEGER NOT NULL,
     is_gone INTEGER NOT NULL,
     to_look INTEGER NOT NULL,
     to_list INTEGER NOT NULL,
     listed_at INTEGER NOT NULL,
     PRIMARY KEY (journal, path, kind)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sync_members_by_number ON sync_members (journal, number);
   CREATE INDEX sync_members_by_item ON sync_members (journal, item_id);
   CREATE INDEX sync_members_by_folder ON sync_members (journal, folder);
   CREATE INDEX sync_members_to_do ON sync_members (journal, length(path), path) WHERE to_look = 1 OR to_list = 1;
   CREATE INDEX sync_members_gone ON sync_members (journal, number) WHERE is_gone = 1;
   CREATE INDEX sync_members_listed ON sync_members (journal, listed_at) WHERE listed_at > 0`,
  // People who sign in. Each WebDAV request finds its device password by the primary key. The trigger works for all
  // processes that revoke passwords.
  `CREATE TABLE device_passwords (
     digest TEXT NOT NULL PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     tenant_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     principal TEXT NOT NULL,
     name TEXT NOT NULL,
     created INTEGER NOT NULL,
     expires INTEGER,
     is_read_only INTEGER NOT NULL CHECK (is_read_only IN (0, 1)),
     below TEXT,
     used_at INTEGER,
     used_address TEXT,
     used_client TEXT
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX device_passwords_by_user ON device_passwords (user_id, created);
   CREATE TABLE device_password_addresses (
     password_id TEXT NOT NULL,
     address TEXT NOT NULL,
     used_at INTEGER NOT NULL,
     PRIMARY KEY (password_id, address)
   ) STRICT, WITHOUT ROWID;
   CREATE TRIGGER device_password_removed AFTER DELETE ON device_passwords
     BEGIN DELETE FROM device_password_addresses WHERE password_id = OLD.id; END;
   CREATE TABLE sessions (
     digest TEXT NOT NULL PRIMARY KEY,
     tenant_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     created INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     form_secret TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX sessions_by_user ON sessions (user_id);
   CREATE INDEX sessions_by_expiry ON sessions (expires)`,
  // People who may sign in.
  `CREATE TABLE people_looks (
     tenant_id TEXT NOT NULL PRIMARY KEY,
     looked_at INTEGER NOT NULL,
     asked TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE people (
     tenant_id TEXT NOT NULL,
     user_id TEXT NOT NULL,
     person TEXT NOT NULL,
     PRIMARY KEY (tenant_id, user_id)
   ) STRICT, WITHOUT ROWID`,
  // Shares. Each request below one finds it by the primary key.
  `CREATE TABLE shares (
     digest TEXT NOT NULL PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     kind TEXT NOT NULL CHECK (kind IN ('read', 'upload')),
     owner TEXT NOT NULL,
     owner_name TEXT NOT NULL,
     names TEXT NOT NULL,
     target TEXT NOT NULL CHECK (target IN ('file', 'folder')),
     scope TEXT NOT NULL,
     item_id TEXT NOT NULL,
     password_hash TEXT,
     created INTEGER NOT NULL,
     expires INTEGER NOT NULL,
     max_downloads INTEGER,
     downloads INTEGER NOT NULL DEFAULT 0,
     opened INTEGER,
     revoked INTEGER
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX shares_by_owner ON shares (owner, created)`,
  // Downloads of shares that were counted, and whose parts may go on.
  `CREATE TABLE share_downloads (
     share_id TEXT NOT NULL,
     client TEXT NOT NULL,
     file TEXT NOT NULL,
     ends INTEGER NOT NULL,
     PRIMARY KEY (share_id, client, file)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX share_downloads_by_end ON share_downloads (ends)`,
];

/** The schema version of this release. */
export const SCHEMA_VERSION = FIRST_VERSION + CHANGES.length;

/**
 * Creates or updates the tables, completely or not at all. Throws when a newer release wrote them, or one before the
 * first. `changes` are this release's unless a test passes its own.
 */
export function migrate(database: DatabaseSync, changes: readonly string[] = CHANGES): void {
  const latest = FIRST_VERSION + changes.length;
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version === latest) {
    // Nothing to write: a server can start even with a full disk.
    return;
  }
  refuseUnknown(version, latest);
  inTransaction(database, () => {
    const missing = version === 0 ? [...TABLES, ...changes] : changes.slice(version - FIRST_VERSION);
    for (const sql of missing) {
      database.exec(sql);
    }
    database.exec(`PRAGMA user_version = ${latest}`);
  });
}

/** Returns true when a version before the first release wrote the tables; 0 is a file without tables. */
export function isUnreleased(version: number): boolean {
  return version !== 0 && version < FIRST_VERSION;
}

function refuseUnknown(version: number, latest: number): void {
  if (version > latest) {
    throw new Error(`cannot use the state: a newer release wrote it (schema ${version}, this release knows ${latest})`);
  }
  if (isUnreleased(version)) {
    throw new Error(
      `cannot use the state: a version before the first release wrote it (schema ${version}); move state.sqlite out of dataDir. Locks, properties and kept files in it are lost; no file in OneDrive is`,
    );
  }
}
