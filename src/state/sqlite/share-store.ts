import type { DatabaseSync } from 'node:sqlite';
import { NEW_SHARE_COLUMNS, SHARE_COLUMNS, type ShareRow, toShare, toShareValues } from '../rows/share-row.ts';
import { ENDED_SHARES_KEPT_MS, type Share, type ShareStore } from '../share-store.ts';
import { inTransaction } from './transaction.ts';

const NEW_COUNT = NEW_SHARE_COLUMNS.split(',').length;

/** Returns everybody's shares, oldest first; also for read-only use. */
export function readShares(database: DatabaseSync): Share[] {
  const rows = database.prepare(`SELECT ${SHARE_COLUMNS} FROM shares ORDER BY created, id`).all();
  return (rows as unknown as ShareRow[]).map(toShare);
}

/** Creates a store of shares in SQLite. A query sees what any process has committed. */
export function createSqliteShareStore(database: DatabaseSync): ShareStore {
  const find = database.prepare(`SELECT ${SHARE_COLUMNS} FROM shares WHERE digest = ?`);
  const ofOwner = database.prepare(`SELECT ${SHARE_COLUMNS} FROM shares WHERE owner = ? ORDER BY created, id`);
  const drop = database.prepare('DELETE FROM shares WHERE expires <= ? OR revoked <= ?');
  const open = database.prepare('SELECT count(*) AS n FROM shares WHERE owner = ? AND expires > ? AND revoked IS NULL');
  const insert = database.prepare(
    `INSERT INTO shares (${NEW_SHARE_COLUMNS}) VALUES (${Array<string>(NEW_COUNT).fill('?').join(', ')})`,
  );
  const noteOpened = database.prepare('UPDATE shares SET opened = ? WHERE id = ? AND opened IS NULL');
  const revoke = database.prepare(
    'UPDATE shares SET revoked = ?1 WHERE id = ?2 AND revoked IS NULL AND (?3 IS NULL OR owner = ?3)',
  );
  return {
    find: async digest => {
      const row = find.get(digest) as unknown as ShareRow | undefined;
      return row === undefined ? undefined : toShare(row);
    },
    list: async owner =>
      owner === undefined ? readShares(database) : (ofOwner.all(owner) as unknown as ShareRow[]).map(toShare),
    add: async (share, { max, now }) => {
      let isAdded = false;
      inTransaction(database, () => {
        drop.run(now - ENDED_SHARES_KEPT_MS, now - ENDED_SHARES_KEPT_MS);
        const { n } = open.get(share.owner, now) as { n: number };
        isAdded = n < max;
        if (isAdded) {
          insert.run(...toShareValues(share));
        }
      });
      return isAdded;
    },
    ...createDownloads(database),
    noteOpened: async (id, at) => noteOpened.run(at, id).changes === 1,
    revoke: async (id, { at, owner = null }) => revoke.run(at, id, owner).changes === 1,
  };
}

function createDownloads(database: DatabaseSync): Pick<ShareStore, 'countDownload' | 'uncountDownload' | 'hasBegun'> {
  const count = database.prepare(
    'UPDATE shares SET downloads = downloads + 1 WHERE id = ? AND downloads < ? AND revoked IS NULL',
  );
  const uncount = database.prepare('UPDATE shares SET downloads = downloads - 1 WHERE id = ? AND downloads > 0');
  const begun = database.prepare(
    'SELECT 1 FROM share_downloads WHERE share_id = ? AND client = ? AND file = ? AND ends > ?',
  );
  const ofClient = database.prepare('SELECT 1 FROM share_downloads WHERE share_id = ? AND client = ? AND ends > ?');
  const keep = database.prepare(
    'INSERT OR REPLACE INTO share_downloads (share_id, client, file, ends) VALUES (?, ?, ?, ?)',
  );
  const drop = database.prepare('DELETE FROM share_downloads WHERE share_id = ? AND client = ? AND file = ?');
  const dropEnded = database.prepare('DELETE FROM share_downloads WHERE ends <= ?');
  return {
    countDownload: async (id, most, { client, file, isPart, now, ends }) => {
      if (isPart && begun.get(id, client, file, now) !== undefined) {
        return 'begun';
      }
      let isCounted = false;
      inTransaction(database, () => {
        isCounted = count.run(id, most).changes === 1;
        if (isCounted) {
          dropEnded.run(now);
          keep.run(id, client, file, ends);
        }
      });
      return isCounted ? 'counted' : 'over';
    },
    uncountDownload: async (id, { client, file }) =>
      inTransaction(database, () => {
        uncount.run(id);
        drop.run(id, client, file);
      }),
    hasBegun: async (id, client, now) => ofClient.get(id, client, now) !== undefined,
  };
}
