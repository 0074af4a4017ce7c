import type { LockRow } from '../rows/lock-row.ts';
import { sql } from './database.ts';

const COLUMNS = `token, place, root, root_kind AS "rootKind", depth, scope, "user", owner,
  timeout_seconds AS "timeoutSeconds", expires, born_as AS "bornAs"`;

/** The index has the beginnings of places only; the same collation orders both. */
const IN_RANGE = `left(locks.place, 400) >= left(ranges.first, 400) AND left(locks.place, 400) <= left(ranges.stop, 400)
  AND locks.place >= ranges.first AND locks.place < ranges.stop`;

export const LOCK_STATEMENTS = {
  /** Locks at the places with these keys, and those within the ranges, expired ones as well, each once. */
  near: sql<LockRow>(
    `SELECT ${COLUMNS} FROM locks
     WHERE left(place, 400) = ANY (ARRAY(SELECT left(key, 400) FROM unnest($1::text[]) AS key)) AND place = ANY ($1)
     UNION
     SELECT ${COLUMNS} FROM locks, unnest($2::text[], $3::text[]) AS ranges (first, stop) WHERE ${IN_RANGE}
     ORDER BY place, token`,
  ),
  places: sql<{ token: string; place: string }>('SELECT token, place FROM locks'),
  countOfUser: sql<{ n: number }>('SELECT count(*) AS n FROM locks WHERE "user" = $1 AND expires > $2'),
  get: sql<LockRow>(`SELECT ${COLUMNS} FROM locks WHERE token = $1 AND expires > $2 FOR UPDATE`),
  insert: sql(
    `INSERT INTO locks (token, place, root, root_kind, depth, scope, "user", owner, timeout_seconds, expires, born_as)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
  ),
  refresh: sql<LockRow>(
    `UPDATE locks SET timeout_seconds = coalesce($2, timeout_seconds),
       expires = $3 + coalesce($2, timeout_seconds) * 1000
     WHERE token = $1 AND expires > $3 RETURNING ${COLUMNS}`,
  ),
  setBornAs: sql('UPDATE locks SET born_as = $2 WHERE token = $1 AND expires > $3'),
  remove: sql('DELETE FROM locks WHERE token = $1'),
  removeExpired: sql('DELETE FROM locks WHERE token = ANY ($1) AND expires <= $2'),
  removeRanges: sql<{ token: string }>(
    `DELETE FROM locks USING unnest($1::text[], $2::text[]) AS ranges (first, stop) WHERE ${IN_RANGE} RETURNING token`,
  ),
  removeBelow: sql<{ token: string }>(
    `DELETE FROM locks USING unnest($1::text[], $2::text[]) AS ranges (first, stop)
     WHERE ${IN_RANGE} AND locks.place <> ranges.first RETURNING token`,
  ),
  purge: sql(
    `DELETE FROM locks WHERE token IN
       (SELECT token FROM locks WHERE expires <= $1 ORDER BY token LIMIT 100 FOR UPDATE SKIP LOCKED)`,
  ),
} as const;

const ALIVE = 'EXISTS (SELECT FROM servers WHERE servers.id = claims.server AND servers.until > clock_timestamp())';

export const CLAIM_STATEMENTS = {
  insert: sql('INSERT INTO claims (id, server, places) VALUES ($1, $2, $3)'),
  remove: sql<{ id: string; is_awaited: boolean }>('DELETE FROM claims WHERE id = ANY ($1) RETURNING id, is_awaited'),
  /** Those that a live server has under way. */
  living: sql<{ id: string; places: string[] }>(`SELECT id, places FROM claims WHERE ${ALIVE}`),
  /** Notes that somebody waits for these; returns those that a live server still has under way. */
  await: sql<{ id: string }>(`UPDATE claims SET is_awaited = TRUE WHERE id = ANY ($1) AND ${ALIVE} RETURNING id`),
  removeDead: sql(`DELETE FROM claims WHERE NOT ${ALIVE}`),
} as const;
