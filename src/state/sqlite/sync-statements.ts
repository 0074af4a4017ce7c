import type { DatabaseSync } from 'node:sqlite';

export type SyncStatements = ReturnType<typeof createSyncStatements>;

/** `index` is named, as SQLite without statistics takes the primary key, and so reads the whole journal. */
const membersBy = (index: string) =>
  `SELECT m.*, f.item_id AS parent_id FROM sync_members m INDEXED BY ${index}
   LEFT JOIN sync_members f ON f.journal = m.journal AND f.path = m.folder AND f.kind = 'folder'`;

/**
 * The statements of `sqlite-sync-store.ts`. The folder of a journal is in no folder: its own is `/`. Of a file and a
 * folder by one name, at most one is not gone.
 */
export function createSyncStatements(database: DatabaseSync) {
  const prepare = (sql: string) => database.prepare(sql);
  return {
    journal: prepare('SELECT * FROM sync_journals WHERE scope = ? AND folder_id = ? AND level = ?'),
    journalById: prepare('SELECT * FROM sync_journals WHERE id = ?'),
    byUse: prepare('SELECT * FROM sync_journals ORDER BY used DESC, id DESC'),
    begin: prepare(
      `INSERT INTO sync_journals (scope, folder_id, level, secret, link, linked_at, last, used, floor, size)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 1)`,
    ),
    addFolder: prepare(
      `INSERT INTO sync_members
         (journal, path, folder, item_id, kind, tag, shown, born, number, is_gone, to_look, to_list, listed_at)
       VALUES (?, '', '/', ?, 'folder', '', '', ?, ?, 0, 0, 1, 0)`,
    ),
    use: prepare('UPDATE sync_journals SET used = ? WHERE id = ?'),
    link: prepare('UPDATE sync_journals SET link = ?, linked_at = ? WHERE id = ?'),
    advance: prepare('UPDATE sync_journals SET last = ?, floor = ?, size = size + ? WHERE id = ?'),
    drop: prepare('DELETE FROM sync_journals WHERE id = ?'),
    dropMembers: prepare('DELETE FROM sync_members WHERE journal = ?'),
    member: prepare('SELECT * FROM sync_members WHERE journal = ? AND path = ? AND kind = ?'),
    withItems: prepare(
      `${membersBy('sync_members_by_item')} WHERE m.journal = ? AND m.item_id IN (SELECT value FROM json_each(?)) AND m.is_gone = 0`,
    ),
    membersOf: prepare(`${membersBy('sync_members_by_folder')} WHERE m.journal = ? AND m.folder = ? AND m.is_gone = 0`),
    // A folder's path is shorter than those in it.
    toDo: prepare(
      `${membersBy('sync_members_to_do')} WHERE m.journal = ? AND (m.to_look = 1 OR m.to_list = 1) AND m.is_gone = 0
       ORDER BY length(m.path), m.path LIMIT ?`,
    ),
    since: prepare(
      `${membersBy('sync_members_by_number')} WHERE m.journal = ? AND m.number > ? AND m.path <> '' AND NOT (m.is_gone = 1 AND m.born > ?)
       ORDER BY m.number LIMIT ?`,
    ),
    nthSince: prepare(
      `SELECT 1 FROM sync_members m INDEXED BY sync_members_by_number
       WHERE m.journal = ? AND m.number > ? AND m.path <> '' AND NOT (m.is_gone = 1 AND m.born > ?)
       ORDER BY m.number LIMIT 1 OFFSET ?`,
    ),
    look: prepare("UPDATE sync_members SET to_look = 1 WHERE journal = ? AND path = ? AND path <> '' AND is_gone = 0"),
    lookAtFile: prepare(
      "UPDATE sync_members SET to_look = 1 WHERE journal = ? AND path = ? AND kind = 'file' AND is_gone = 0",
    ),
    list: prepare(
      "UPDATE sync_members SET to_list = 1 WHERE journal = ? AND path = ? AND kind = 'folder' AND is_gone = 0",
    ),
    touch: prepare("UPDATE sync_members SET number = ? WHERE journal = ? AND path = ? AND path <> '' AND is_gone = 0"),
    markOld: prepare(
      `UPDATE sync_members SET to_list = 1 WHERE journal = ? AND path IN (
         SELECT path FROM sync_members INDEXED BY sync_members_listed
         WHERE journal = ? AND is_gone = 0 AND listed_at > 0 AND listed_at < ?
         ORDER BY listed_at LIMIT ?)`,
    ),
    looked: prepare('UPDATE sync_members SET to_look = 0 WHERE journal = ? AND path = ? AND is_gone = 0'),
    listed: prepare(
      'UPDATE sync_members SET to_list = 0, listed_at = ? WHERE journal = ? AND path = ? AND is_gone = 0',
    ),
    put: prepare(
      `INSERT OR REPLACE INTO sync_members
         (journal, path, folder, item_id, kind, tag, shown, born, number, is_gone, to_look, to_list, listed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?)`,
    ),
    // A tombstone shows only its path and kind.
    remove: prepare(
      `UPDATE sync_members SET number = ?, is_gone = 1, to_look = 0, to_list = 0, listed_at = 0, shown = '', tag = ''
       WHERE journal = ? AND path = ? AND is_gone = 0`,
    ),
    below: prepare('SELECT path FROM sync_members WHERE journal = ? AND path > ? AND path < ? AND is_gone = 0'),
    countGone: prepare(
      'SELECT count(*) AS gone FROM sync_members INDEXED BY sync_members_gone WHERE journal = ? AND is_gone = 1',
    ),
    nthGone: prepare(
      `SELECT number FROM sync_members INDEXED BY sync_members_gone WHERE journal = ? AND is_gone = 1
       ORDER BY number LIMIT 1 OFFSET ?`,
    ),
    forgetGone: prepare(
      'DELETE FROM sync_members INDEXED BY sync_members_gone WHERE journal = ? AND is_gone = 1 AND number <= ?',
    ),
  };
}
