import { NEW_SHARE_COLUMNS, SHARE_COLUMNS, type ShareRow, toShare, toShareValues } from '../rows/share-row.ts';
import { type DownloadAsked, type DownloadOutcome, ENDED_SHARES_KEPT_MS, type ShareStore } from '../share-store.ts';
import { takeTurn } from './advisory-locks.ts';
import { type Database, type Queries, sql } from './database.ts';
import { placeholders } from './placeholders.ts';

const FIND = sql<ShareRow>(`SELECT ${SHARE_COLUMNS} FROM shares WHERE digest = $1`);
const ALL = sql<ShareRow>(`SELECT ${SHARE_COLUMNS} FROM shares ORDER BY created, id`);
const OF_OWNER = sql<ShareRow>(`SELECT ${SHARE_COLUMNS} FROM shares WHERE owner = $1 ORDER BY created, id`);
const DROP = sql('DELETE FROM shares WHERE expires <= $1 OR revoked <= $1');
const COUNT_OPEN = sql<{ n: number }>(
  'SELECT count(*) AS n FROM shares WHERE owner = $1 AND expires > $2 AND revoked IS NULL',
);
const INSERT = sql(`INSERT INTO shares (${NEW_SHARE_COLUMNS}) VALUES (${placeholders(NEW_SHARE_COLUMNS)})`);
const COUNT = sql('UPDATE shares SET downloads = downloads + 1 WHERE id = $1 AND downloads < $2 AND revoked IS NULL');
const UNCOUNT = sql('UPDATE shares SET downloads = downloads - 1 WHERE id = $1 AND downloads > 0');
/** Other steps about the downloads of this share wait for its row from here on. */
const LOCK = sql('SELECT FROM shares WHERE id = $1 FOR UPDATE');
const BEGUN = sql('SELECT FROM share_downloads WHERE share_id = $1 AND client = $2 AND file = $3 AND ends > $4');
const BEGUN_BY = sql('SELECT FROM share_downloads WHERE share_id = $1 AND client = $2 AND ends > $3 LIMIT 1');
const KEEP_BEGUN = sql(
  `INSERT INTO share_downloads (share_id, client, file, ends) VALUES ($1, $2, $3, $4)
   ON CONFLICT (share_id, client, file) DO UPDATE SET ends = excluded.ends`,
);
const DROP_BEGUN = sql('DELETE FROM share_downloads WHERE share_id = $1 AND client = $2 AND file = $3');
const DROP_ENDED_OF = sql('DELETE FROM share_downloads WHERE share_id = $1 AND ends <= $2');
const DROP_ENDED = sql('DELETE FROM share_downloads WHERE ends <= $1');
const NOTE_OPENED = sql('UPDATE shares SET opened = $1 WHERE id = $2 AND opened IS NULL');
const REVOKE = sql(
  'UPDATE shares SET revoked = $1 WHERE id = $2 AND revoked IS NULL AND ($3::text IS NULL OR owner = $3)',
);

/** Creates a store of shares in PostgreSQL. */
export function createPostgresShareStore(database: Database): ShareStore {
  return {
    find: async digest => (await database.read(FIND, digest)).map(toShare)[0],
    list: async owner =>
      (await (owner === undefined ? database.read(ALL) : database.read(OF_OWNER, owner))).map(toShare),
    add: (share, { max, now }) =>
      database.step(async queries => {
        await takeTurn(queries, `shares of ${share.owner}`);
        await queries.write(DROP, now - ENDED_SHARES_KEPT_MS);
        await queries.write(DROP_ENDED, now);
        const [open] = await queries.read(COUNT_OPEN, share.owner, now);
        const isAdded = open!.n < max;
        if (isAdded) {
          await queries.write(INSERT, ...toShareValues(share));
        }
        return isAdded;
      }),
    countDownload: async (id, most, asked) => {
      // Most parts are of a download that was counted long ago.
      if (await isBegun(database, id, asked)) {
        return 'begun';
      }
      return database.step(queries => count(queries, { id, most, asked }));
    },
    uncountDownload: (id, { client, file }) =>
      database.step(async queries => {
        await queries.write(UNCOUNT, id);
        await queries.write(DROP_BEGUN, id, client, file);
      }),
    hasBegun: async (id, client, now) => (await database.read(BEGUN_BY, id, client, now)).length > 0,
    noteOpened: async (id, at) => (await database.write(NOTE_OPENED, at, id)).count === 1,
    revoke: async (id, { at, owner = null }) => (await database.write(REVOKE, at, id, owner)).count === 1,
  };
}

async function isBegun(
  queries: Pick<Queries, 'read'>,
  id: string,
  { client, file, isPart, now }: DownloadAsked,
): Promise<boolean> {
  return isPart && (await queries.read(BEGUN, id, client, file, now)).length > 0;
}

async function count(
  queries: Queries,
  { id, most, asked }: { readonly id: string; readonly most: number; readonly asked: DownloadAsked },
): Promise<DownloadOutcome> {
  await queries.read(LOCK, id);
  if (await isBegun(queries, id, asked)) {
    return 'begun';
  }
  if ((await queries.write(COUNT, id, most)).count === 0) {
    return 'over';
  }
  const { client, file, now, ends } = asked;
  await queries.write(DROP_ENDED_OF, id, now);
  await queries.write(KEEP_BEGUN, id, client, file, ends);
  return 'counted';
}
