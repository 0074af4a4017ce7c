import type { JournalRow, MemberRow } from '../rows/sync-row.ts';
import { sql } from './database.ts';

const JOURNAL = 'id, secret, link, linked_at, last, floor, size, used';

const MEMBERS = `SELECT m.path, m.item_id, f.item_id AS parent_id, m.kind, m.tag, m.shown, m.born, m.number, m.is_gone,
    m.to_look, m.to_list, m.listed_at
  FROM sync_members m LEFT JOIN sync_members f ON f.journal = m.journal AND f.path = m.folder AND f.kind = 'folder'`;

/** A row that a step reads, changes in memory, and writes. */
export type StepRow = Omit<MemberRow, 'parent_id'> & { readonly folder: string };

const STEP_ROW = 'path, folder, item_id, kind, tag, shown, born, number, is_gone, to_look, to_list, listed_at';

/** Has come after the number `$2`, and is of interest to somebody who knows what was before. */
const SINCE = `m.journal = $1 AND m.number > $2 AND m.path <> '' AND NOT (m.is_gone = 1 AND m.born > $2)`;

/**
 * The statements of the store of journals. The folder of a journal is in no folder: its own is `/`. Of a file and a
 * folder by one name, at most one is not gone.
 */
export const SYNC_STATEMENTS = {
  journal: sql<JournalRow>(`SELECT ${JOURNAL} FROM sync_journals WHERE scope = $1 AND folder_id = $2 AND level = $3`),
  /** The rest of the step is alone with the journal. */
  own: sql<JournalRow>(`SELECT ${JOURNAL} FROM sync_journals WHERE id = $1 FOR UPDATE`),
  byUse: sql<JournalRow>(`SELECT ${JOURNAL} FROM sync_journals ORDER BY used DESC, id DESC`),
  begin: sql<JournalRow>(
    `INSERT INTO sync_journals (scope, folder_id, level, secret, link, linked_at, last, used, floor, size)
     VALUES ($1, $2, $3, $4, $5, $6, $6, $6, 0, 1) RETURNING ${JOURNAL}`,
  ),
  addFolder: sql(
    `INSERT INTO sync_members
       (journal, path, folder, item_id, kind, tag, shown, born, number, is_gone, to_look, to_list, listed_at)
     VALUES ($1, '', '/', $2, 'folder', '', '', $3, $3, 0, 0, 1, 0)`,
  ),
  use: sql('UPDATE sync_journals SET used = $2 WHERE id = $1'),
  link: sql('UPDATE sync_journals SET link = $2, linked_at = $3 WHERE id = $1'),
  advance: sql('UPDATE sync_journals SET last = $2, floor = $3, size = size + $4 WHERE id = $1'),
  drop: sql('DELETE FROM sync_journals WHERE id = ANY ($1)'),
  dropMembers: sql('DELETE FROM sync_members WHERE journal = ANY ($1)'),
  withItems: sql<MemberRow>(`${MEMBERS} WHERE m.journal = $1 AND m.item_id = ANY ($2::text[]) AND m.is_gone = 0`),
  membersOf: sql<MemberRow>(`${MEMBERS} WHERE m.journal = $1 AND m.folder = $2 AND m.is_gone = 0`),
  // A folder's path is shorter than those in it.
  toDo: sql<MemberRow>(
    `${MEMBERS} WHERE m.journal = $1 AND (m.to_look = 1 OR m.to_list = 1) AND m.is_gone = 0
     ORDER BY length(m.path), m.path LIMIT $2`,
  ),
  since: sql<MemberRow>(`${MEMBERS} WHERE ${SINCE} ORDER BY m.number LIMIT $3`),
  nthSince: sql(`SELECT 1 FROM sync_members m WHERE ${SINCE} ORDER BY m.number LIMIT 1 OFFSET $3`),
  look: sql(
    `UPDATE sync_members SET to_look = 1
     WHERE journal = $1 AND path = ANY ($2::text[]) AND path <> '' AND is_gone = 0`,
  ),
  lookAtFiles: sql<{ path: string }>(
    `UPDATE sync_members SET to_look = 1
     WHERE journal = $1 AND path = ANY ($2::text[]) AND kind = 'file' AND is_gone = 0 RETURNING path`,
  ),
  list: sql(
    `UPDATE sync_members SET to_list = 1
     WHERE journal = $1 AND path = ANY ($2::text[]) AND kind = 'folder' AND is_gone = 0`,
  ),
  touch: sql(
    `UPDATE sync_members SET number = touched.number FROM unnest($2::text[], $3::bigint[]) AS touched (path, number)
     WHERE journal = $1 AND sync_members.path = touched.path AND sync_members.path <> '' AND is_gone = 0`,
  ),
  markOld: sql(
    `UPDATE sync_members SET to_list = 1 WHERE journal = $1 AND path IN (
       SELECT path FROM sync_members WHERE journal = $1 AND is_gone = 0 AND listed_at > 0 AND listed_at < $2
       ORDER BY listed_at LIMIT $3)`,
  ),
  at: sql<StepRow>(`SELECT ${STEP_ROW} FROM sync_members WHERE journal = $1 AND path = ANY ($2::text[])`),
  below: sql<StepRow>(
    `SELECT DISTINCT ON (path, kind) ${STEP_ROW} FROM sync_members, unnest($2::text[]) AS top
     WHERE journal = $1 AND path > top || '/' AND path < top || '0' AND is_gone = 0 ORDER BY path, kind`,
  ),
  put: sql(
    `INSERT INTO sync_members (journal, ${STEP_ROW})
     SELECT $1, ${STEP_ROW} FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::bigint[], $9::bigint[], $10::smallint[], $11::smallint[], $12::smallint[], $13::bigint[]) AS given (${STEP_ROW})
     ON CONFLICT (journal, path, kind) DO UPDATE SET folder = excluded.folder, item_id = excluded.item_id,
       tag = excluded.tag, shown = excluded.shown, born = excluded.born, number = excluded.number,
       is_gone = excluded.is_gone, to_look = excluded.to_look, to_list = excluded.to_list,
       listed_at = excluded.listed_at`,
  ),
  countGone: sql<{ gone: number }>('SELECT count(*) AS gone FROM sync_members WHERE journal = $1 AND is_gone = 1'),
  nthGone: sql<{ number: number }>(
    'SELECT number FROM sync_members WHERE journal = $1 AND is_gone = 1 ORDER BY number LIMIT 1 OFFSET $2',
  ),
  forgetGone: sql('DELETE FROM sync_members WHERE journal = $1 AND is_gone = 1 AND number <= $2'),
} as const;
