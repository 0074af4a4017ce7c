import { randomUUID } from 'node:crypto';
import type { FeedNews, FeedPosition, FeedResult, FeedStore, FeedTurn } from '../feed-store.ts';
import type { Member } from './claims.ts';
import { type Database, sql } from './database.ts';

/** A server that was away for longer begins anew. */
const KEPT_LINES = 500;

const AGES = `COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - looked_at) * 1000, 'infinity')::float8 AS "ageMs",
  COALESCE(EXTRACT(EPOCH FROM clock_timestamp() - given_at) * 1000, 'infinity')::float8 AS "linkAgeMs"`;

interface FeedRow {
  readonly journal: string | null;
  readonly last: number;
  readonly url: string | null;
  readonly ageMs: number;
  readonly linkAgeMs: number;
}

const READ = sql<FeedRow>(`SELECT journal, last, url, ${AGES} FROM feeds WHERE drive_id = $1`);
const LINES = sql<{ number: number; line: string }>(
  'SELECT number, line FROM feed_lines WHERE drive_id = $1 AND journal = $2 AND number > $3 ORDER BY number',
);
const TAKE = sql<FeedRow>(
  `INSERT INTO feeds (drive_id, last, turn, turn_until, server)
     VALUES ($1, 0, $2, clock_timestamp() + $3 * interval '1 millisecond', $4)
   ON CONFLICT (drive_id) DO UPDATE SET turn = EXCLUDED.turn, turn_until = EXCLUDED.turn_until, server = EXCLUDED.server
     WHERE feeds.turn_until < clock_timestamp()
       OR NOT EXISTS (SELECT FROM servers WHERE servers.id = feeds.server AND servers.until > clock_timestamp())
   RETURNING journal, last, url, ${AGES}`,
);
const FINISH = sql<{ journal: string; last: number }>(
  `UPDATE feeds SET
     journal = COALESCE($3, journal),
     last = CASE WHEN $3::text IS NULL THEN last ELSE 0 END + $4,
     url = COALESCE($5, url),
     given_at = CASE WHEN $5::text IS NULL THEN given_at ELSE clock_timestamp() - $6 * interval '1 millisecond' END,
     looked_at = clock_timestamp() - $6 * interval '1 millisecond',
     turn_until = '-infinity'
   WHERE drive_id = $1 AND turn = $2 RETURNING journal, last`,
);
const ADD = sql(
  `INSERT INTO feed_lines (drive_id, journal, number, line)
   SELECT $1, $2, $3 + ordinality, line FROM unnest($4::text[]) WITH ORDINALITY AS new (line, ordinality)`,
);
const FORGET = sql('DELETE FROM feed_lines WHERE drive_id = $1 AND (journal <> $2 OR number <= $3)');
const GIVE_UP = sql(
  `UPDATE feeds SET turn_until = '-infinity', url = CASE WHEN $3 = 1 THEN NULL ELSE url END
   WHERE drive_id = $1 AND turn = $2`,
);

/** Creates the store of feeds in PostgreSQL. */
export function createPostgresFeedStore(database: Database, member: Pick<Member, 'id'>): FeedStore {
  return {
    news: (driveId, after) =>
      database.step(async queries => {
        const [row] = await queries.read(READ, driveId);
        if (row?.journal == null) {
          return { position: undefined, isAnew: after !== undefined, lines: [], ageMs: Number.POSITIVE_INFINITY };
        }
        const { journal, last, ageMs } = row;
        const found = after?.journal === journal ? await queries.read(LINES, driveId, journal, after.number) : [];
        return newsOf({ journal, number: last }, after, found, ageMs);
      }),
    takeTurn: async (driveId, forMs) => {
      const turn = randomUUID();
      const [row] = (await database.write(TAKE, driveId, turn, forMs, member.id)).rows;
      return row && turnOf(database, { driveId, turn, row });
    },
  };
}

/** A line that another server adds between the two queries is among those found. */
function newsOf(
  row: FeedPosition,
  after: FeedPosition | undefined,
  found: readonly { readonly number: number; readonly line: string }[],
  ageMs: number,
): FeedNews {
  const position = { journal: row.journal, number: found.at(-1)?.number ?? row.number };
  const isWhole = after?.journal === row.journal && position.number - after.number === found.length;
  return isWhole
    ? { position, isAnew: false, lines: found.map(({ line }) => line), ageMs }
    : { position: row, isAnew: true, lines: [], ageMs };
}

function turnOf(database: Database, { driveId, turn, row }: { driveId: string; turn: string; row: FeedRow }): FeedTurn {
  const hasLink = row.url !== null && row.journal !== null;
  return {
    link: hasLink ? { url: row.url, ageMs: row.linkAgeMs } : undefined,
    ageMs: hasLink ? row.ageMs : Number.POSITIVE_INFINITY,
    finish: (look: FeedResult) =>
      database.step(async queries => {
        const { lines, isAnew, link, beganMs } = look;
        const begun = isAnew ? randomUUID() : null;
        const values = [driveId, turn, begun, lines.length, link?.url ?? null, beganMs] as const;
        const [after] = (await queries.write(FINISH, ...values)).rows;
        if (after === undefined) {
          return undefined;
        }
        await queries.write(ADD, driveId, after.journal, after.last - lines.length, lines);
        await queries.write(FORGET, driveId, after.journal, after.last - KEPT_LINES);
        return { journal: after.journal, number: after.last };
      }),
    giveUp: async ({ isLost }) => void (await database.write(GIVE_UP, driveId, turn, isLost ? 1 : 0)),
  };
}
