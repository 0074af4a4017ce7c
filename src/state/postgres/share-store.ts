import { NEW_SHARE_COLUMNS, SHARE_COLUMNS, type ShareRow, toShare, toShareValues } from '../rows/share-row.ts';
import { ENDED_SHARES_KEPT_MS, type ShareStore } from '../share-store.ts';
import { takeTurn } from './advisory-locks.ts';
import { type Database, sql } from './database.ts';
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
        const [open] = await queries.read(COUNT_OPEN, share.owner, now);
        const isAdded = open!.n < max;
        if (isAdded) {
          await queries.write(INSERT, ...toShareValues(share));
        }
        return isAdded;
      }),
    countDownload: async (id, most) => (await database.write(COUNT, id, most)).count === 1,
    uncountDownload: async id => void (await database.write(UNCOUNT, id)),
    noteOpened: async (id, at) => (await database.write(NOTE_OPENED, at, id)).count === 1,
    revoke: async (id, { at, owner = null }) => (await database.write(REVOKE, at, id, owner)).count === 1,
  };
}
