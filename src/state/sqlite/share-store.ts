import type { DatabaseSync } from 'node:sqlite';
import type { ShareKind } from '../share-kind.ts';
import { ENDED_SHARES_KEPT_MS, type NewShare, type Share, type ShareStore } from '../share-store.ts';
import { inTransaction } from './transaction.ts';

interface Row {
  readonly digest: string;
  readonly id: string;
  readonly kind: ShareKind;
  readonly owner: string;
  readonly owner_name: string;
  readonly names: string;
  readonly target: 'file' | 'folder';
  readonly scope: string;
  readonly item_id: string;
  readonly password_hash: string | null;
  readonly created: number;
  readonly expires: number;
  readonly max_downloads: number | null;
  readonly downloads: number;
  readonly opened: number | null;
  readonly revoked: number | null;
}

/** The columns that are known when a share is made. */
const NEW_COLUMNS =
  'digest, id, kind, owner, owner_name, names, target, scope, item_id, password_hash, created, expires, max_downloads';
const COLUMNS = `${NEW_COLUMNS}, downloads, opened, revoked`;
const NEW_COUNT = NEW_COLUMNS.split(',').length;

/** Returns everybody's shares, oldest first; also for read-only use. */
export function readShares(database: DatabaseSync): Share[] {
  const rows = database.prepare(`SELECT ${COLUMNS} FROM shares ORDER BY created, id`).all();
  return (rows as unknown as Row[]).map(toShare);
}

/** Creates a store of shares in SQLite. A query sees what any process has committed. */
export function createSqliteShareStore(database: DatabaseSync): ShareStore {
  const find = database.prepare(`SELECT ${COLUMNS} FROM shares WHERE digest = ?`);
  const ofOwner = database.prepare(`SELECT ${COLUMNS} FROM shares WHERE owner = ? ORDER BY created, id`);
  const drop = database.prepare('DELETE FROM shares WHERE expires <= ? OR revoked <= ?');
  const open = database.prepare('SELECT count(*) AS n FROM shares WHERE owner = ? AND expires > ? AND revoked IS NULL');
  const insert = database.prepare(
    `INSERT INTO shares (${NEW_COLUMNS}) VALUES (${Array<string>(NEW_COUNT).fill('?').join(', ')})`,
  );
  const count = database.prepare(
    'UPDATE shares SET downloads = downloads + 1 WHERE id = ? AND downloads < ? AND revoked IS NULL',
  );
  const uncount = database.prepare('UPDATE shares SET downloads = downloads - 1 WHERE id = ? AND downloads > 0');
  const noteOpened = database.prepare('UPDATE shares SET opened = ? WHERE id = ? AND opened IS NULL');
  const revoke = database.prepare(
    'UPDATE shares SET revoked = ?1 WHERE id = ?2 AND revoked IS NULL AND (?3 IS NULL OR owner = ?3)',
  );
  return {
    find: async digest => {
      const row = find.get(digest) as unknown as Row | undefined;
      return row === undefined ? undefined : toShare(row);
    },
    list: async owner =>
      owner === undefined ? readShares(database) : (ofOwner.all(owner) as unknown as Row[]).map(toShare),
    add: async (share, { max, now }) => {
      let isAdded = false;
      inTransaction(database, () => {
        drop.run(now - ENDED_SHARES_KEPT_MS, now - ENDED_SHARES_KEPT_MS);
        const { n } = open.get(share.owner, now) as { n: number };
        isAdded = n < max;
        if (isAdded) {
          insert.run(...toValues(share));
        }
      });
      return isAdded;
    },
    countDownload: async (id, most) => count.run(id, most).changes === 1,
    uncountDownload: async id => void uncount.run(id),
    noteOpened: async (id, at) => noteOpened.run(at, id).changes === 1,
    revoke: async (id, { at, owner = null }) => revoke.run(at, id, owner).changes === 1,
  };
}

/** In the order of NEW_COLUMNS. */
function toValues({ digest, id, kind, owner, ownerName, names, target, scope, itemId, ...share }: NewShare) {
  const { passwordHash = null, created, expires, maxDownloads = null } = share;
  const place = [JSON.stringify(names), target, scope, itemId];
  return [digest, id, kind, owner, ownerName, ...place, passwordHash, created, expires, maxDownloads];
}

function toShare(row: Row): Share {
  const { digest, id, kind, owner, owner_name, names, target, scope, item_id, created, expires, downloads } = row;
  return {
    ...{ digest, id, kind, owner, ownerName: owner_name },
    ...{ names: JSON.parse(names) as string[], target, scope, itemId: item_id },
    passwordHash: row.password_hash ?? undefined,
    ...{ created, expires, downloads },
    maxDownloads: row.max_downloads ?? undefined,
    opened: row.opened ?? undefined,
    revoked: row.revoked ?? undefined,
  };
}
