import type { SideFileInfo } from '../side-store.ts';
import { sql } from './database.ts';

/** `kind` as the table has it. */
export type InfoRow = Omit<SideFileInfo, 'kind'> & { readonly kind: string };
type FileRow = Omit<InfoRow, 'size'> & { readonly bytes: Buffer };

const INFO = 'file_id AS id, created, modified, version, size, kind';

/** At the key `$1`; the index has the keys' digests. */
const AT = 'md5(place) = md5($1) AND place = $1';
/** From the key `$1` up to `$2`; the index has the keys' beginnings. */
const WITHIN = `left(place, 400) >= left($1, 400) AND left(place, 400) <= left($2, 400)
  AND place >= $1 AND place < $2`;

/** The number of the longest unused files that one statement looks at. */
const EVICTED_AT_ONCE = 100;

/**
 * Written, moved and copied files are first staged under keys that begin with a dot, while every place's key begins with
 * a slash; so they are neither cleared with the old files at the target nor evicted to make room for themselves.
 */
export const SIDE_STATEMENTS = {
  info: sql<InfoRow>(`SELECT ${INFO} FROM side_files WHERE ${AT}`),
  file: sql<FileRow>(`SELECT file_id AS id, created, modified, version, bytes, kind FROM side_files WHERE ${AT}`),
  noteUses: sql(
    `UPDATE side_files SET used = greatest(side_files.used, uses.at)
     FROM unnest($1::text[], $2::bigint[]) AS uses (place, at)
     WHERE md5(side_files.place) = md5(uses.place) AND side_files.place = uses.place`,
  ),
  stage: sql(
    `INSERT INTO side_files (place, size, created, modified, file_id, version, used, bytes, kind, name)
     VALUES ('.', length($2::bytea), coalesce((SELECT created FROM side_files WHERE ${AT}), $3), $4,
       coalesce((SELECT file_id FROM side_files WHERE ${AT}), $5), $6, $3, $2, $7, $8)`,
  ),
  stageMoved: sql(`UPDATE side_files SET place = '.' || substr(place, length($1) + 1) WHERE ${WITHIN}`),
  stageCopies: sql(
    `INSERT INTO side_files (place, size, created, modified, file_id, version, used, bytes, kind, name)
     SELECT '.' || substr(place, length($1) + 1), size, $3::bigint, modified, gen_random_uuid()::text, version, $3, bytes,
       kind, name
     FROM side_files WHERE ${WITHIN}`,
  ),
  unstage: sql(`UPDATE side_files SET place = $1 || substr(place, 2) WHERE place >= '.' AND place < '/'`),
  remove: sql(`DELETE FROM side_files WHERE ${AT}`),
  clear: sql(`DELETE FROM side_files WHERE ${WITHIN}`),
  /** Deletes the longest unused files until `$1` bytes are free, but not more than so many at once. */
  evict: sql(
    `DELETE FROM side_files WHERE id IN (
       SELECT id FROM (
         SELECT id, sum(size) OVER (ORDER BY used, place ROWS UNBOUNDED PRECEDING) - size AS freed
         FROM (SELECT id, size, used, place FROM side_files WHERE name = '' AND place >= '/'
               ORDER BY used, place LIMIT ${EVICTED_AT_ONCE}) AS oldest
       ) AS candidates WHERE freed < $1)`,
  ),
  members: sql<InfoRow & { name: string }>(
    `SELECT ${INFO}, name FROM side_files
     WHERE ${WITHIN} AND place > $1 AND name <> ''
       AND strpos(substr(place, length($1) + 1), '/') = length(place) - length($1)
     ORDER BY name`,
  ),
  rename: sql(`UPDATE side_files SET name = $2 WHERE ${AT}`),
  setTimes: sql(`UPDATE side_files SET created = coalesce($2, created), modified = coalesce($3, modified) WHERE ${AT}`),
  total: sql<{ bytes: number }>('SELECT bytes FROM side_total'),
} as const;
