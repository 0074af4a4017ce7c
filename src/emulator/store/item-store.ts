import type { Database } from './database.ts';

export type ItemKind = 'folder' | 'file' | 'package' | 'remoteItem';

/** One row: a snapshot of an item. Rows are never changed in place; `ItemStore.update` returns the new one. */
export interface ItemRow {
  readonly key: number;
  readonly drive: number;
  readonly guid: string;
  /** Key of the folder that holds it; null for the root. */
  readonly parent: number | null;
  readonly name: string;
  /** The folded name, for comparison. */
  readonly fold: string;
  readonly kind: ItemKind;
  /** Bytes; of a folder, those of everything in it. */
  readonly size: number;
  /** Name of the content in the blob store; null where there is none. */
  readonly blob: string | null;
  readonly hash: string | null;
  /** The N of eTag `"{GUID},N"`: any change. */
  readonly etagVersion: number;
  /** The N of cTag `"c:{GUID},N"`: a change of content. */
  readonly ctagVersion: number;
  /** Of the current version: the N of `N.0`. */
  readonly versionNumber: number;
  /** Milliseconds since 1970, as all times here. */
  readonly created: number;
  readonly modified: number;
  readonly fsCreated: number;
  readonly fsModified: number;
  /** Keys of identities. */
  readonly createdBy: number;
  readonly modifiedBy: number;
  readonly childCount: number;
  /** Position of the item's last change in the feed of its drive. */
  readonly sequence: number;
  readonly changedAt: number;
  /** JSON of the item's unusual properties; see `facets.ts`. */
  readonly facets: string | null;
}

/** A deleted item, for the feed of changes. */
export interface Tombstone {
  readonly guid: string;
  readonly parentGuid: string;
  readonly sequence: number;
  readonly kind: ItemKind;
  readonly size: number;
  readonly deletedAt: number;
}

export interface VersionRow {
  readonly number: number;
  readonly blob: string;
  readonly size: number;
  readonly hash: string;
  readonly modified: number;
  readonly modifiedBy: number;
}

export interface RemovedTree {
  readonly items: number;
  /** Number of items that are not folders. */
  readonly files: number;
  /** Bytes of the current contents. */
  readonly bytes: number;
  readonly versionBytes: number;
}

export type ChildOrder = 'fold' | 'modified' | 'size';

const COLUMNS = [
  ...['drive', 'guid', 'parent', 'name', 'fold', 'kind', 'size', 'blob', 'hash', 'etagVersion', 'ctagVersion'],
  ...['versionNumber', 'created', 'modified', 'fsCreated', 'fsModified', 'createdBy', 'modifiedBy', 'childCount'],
  ...['sequence', 'changedAt', 'facets'],
] as const;

const INSERT = `INSERT INTO item (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(name => `:${name}`).join(', ')})`;

/** Items, versions and tombstones of all drives, by key. Knows none of OneDrive's rules. */
export class ItemStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  insert(row: Omit<ItemRow, 'key'>): ItemRow {
    const { lastInsertRowid } = this.#db.sql(INSERT).run({ ...row });
    return { ...row, key: Number(lastInsertRowid) };
  }

  update(row: ItemRow, change: Partial<ItemRow>): ItemRow {
    const columns = Object.keys(change).map(name => `${name} = :${name}`);
    this.#db.sql(`UPDATE item SET ${columns.join(', ')} WHERE key = :key`).run({ ...change, key: row.key });
    return { ...row, ...change };
  }

  delete(row: ItemRow): void {
    this.#db.sql('DELETE FROM item WHERE key = ?').run(row.key);
    this.#db.sql('DELETE FROM version WHERE item = ?').run(row.key);
    this.#db.sql('DELETE FROM permission WHERE item = ?').run(row.key);
  }

  byKey(key: number): ItemRow | undefined {
    return this.#row('SELECT * FROM item WHERE key = ?', key);
  }

  byGuid(drive: number, guid: string): ItemRow | undefined {
    return this.#row('SELECT * FROM item WHERE drive = ? AND guid = ?', drive, guid);
  }

  child(parent: number, fold: string): ItemRow | undefined {
    return this.#row('SELECT * FROM item WHERE parent = ? AND fold = ?', parent, fold);
  }

  /** Returns members whose folded name comes after `after`, in that order. */
  childrenAfter(parent: number, after: string, limit: number): ItemRow[] {
    return this.#rows('SELECT * FROM item WHERE parent = ? AND fold > ? ORDER BY fold LIMIT ?', parent, after, limit);
  }

  childrenFrom(
    parent: number,
    { order, descending, offset, limit }: { order: ChildOrder; descending: boolean; offset: number; limit: number },
  ): ItemRow[] {
    const direction = descending ? 'DESC' : 'ASC';
    return this.#rows(
      `SELECT * FROM item WHERE parent = ? ORDER BY ${order} ${direction}, fold LIMIT ? OFFSET ?`,
      parent,
      limit,
      offset,
    );
  }

  /**
   * Returns items of a drive whose folded name contains `within`, in key order. Reads every row, as no index
   * covers parts of names.
   */
  named(drive: number, { within, after, limit }: { within: string; after: number; limit: number }): ItemRow[] {
    return this.#rows(
      'SELECT * FROM item WHERE key > ? AND drive = ? AND instr(fold, ?) ORDER BY key LIMIT ?',
      ...[after, drive, within, limit],
    );
  }

  /** Returns every item of a drive after `key`, in key order. */
  all(drive: number): IterableIterator<ItemRow> {
    return this.#db.sql('SELECT * FROM item WHERE drive = ? ORDER BY key').iterate(drive) as IterableIterator<ItemRow>;
  }

  /** Returns the item and all items below it, parents first. */
  tree(key: number): ItemRow[] {
    return this.#rows(
      `WITH RECURSIVE below(key, depth) AS (
         VALUES (?, 0) UNION ALL SELECT item.key, depth + 1 FROM item JOIN below ON item.parent = below.key
       ) SELECT item.* FROM below JOIN item USING (key) ORDER BY depth`,
      key,
    );
  }

  /** Returns the number of items in the tree, counted up to `limit`. */
  countTree(key: number, limit: number): number {
    const counted = this.#db
      .sql(
        `WITH RECURSIVE below(key) AS (
           VALUES (?) UNION ALL SELECT item.key FROM item JOIN below ON item.parent = below.key LIMIT ?
         ) SELECT count(*) AS n FROM below`,
      )
      .get(key, limit);
    return counted!.n as number;
  }

  /**
   * Deletes the item and all items below it, with tombstones from `sequence` on, deepest first. The tree is never in
   * memory: it may have a million items. Must run in a transaction.
   */
  removeTree({ key, drive }: ItemRow, { sequence, deletedAt }: { sequence: number; deletedAt: number }): RemovedTree {
    const db = this.#db;
    db.sql('CREATE TEMP TABLE IF NOT EXISTS doomed (key INTEGER PRIMARY KEY, depth INTEGER NOT NULL)').run();
    db.sql('DELETE FROM doomed').run();
    db.sql(
      `INSERT INTO doomed WITH RECURSIVE below(key, depth) AS (
         VALUES (?, 0) UNION ALL SELECT item.key, depth + 1 FROM item JOIN below ON item.parent = below.key
       ) SELECT key, depth FROM below`,
    ).run(key);
    // CROSS JOIN keeps the order of the tables: the few deleted items first, then each by its key.
    const removed = db
      .sql(
        `SELECT count(*) AS items, coalesce(sum(kind <> 'folder'), 0) AS files,
           coalesce(sum(CASE WHEN blob IS NULL THEN 0 ELSE size END), 0) AS bytes,
           (SELECT coalesce(sum(size), 0) FROM version WHERE item IN (SELECT key FROM doomed)) AS versionBytes
         FROM doomed CROSS JOIN item ON item.key = doomed.key`,
      )
      .get() as unknown as RemovedTree;
    db.sql(
      `INSERT INTO tombstone (drive, sequence, guid, parentGuid, kind, size, deletedAt)
       SELECT :drive, :sequence + row_number() OVER (ORDER BY doomed.depth DESC, item.key), item.guid,
         above.guid, item.kind, item.size, :deletedAt
       FROM doomed CROSS JOIN item ON item.key = doomed.key CROSS JOIN item AS above ON above.key = item.parent`,
    ).run({ drive, sequence, deletedAt });
    db.sql('DELETE FROM version WHERE item IN (SELECT key FROM doomed)').run();
    db.sql('DELETE FROM permission WHERE item IN (SELECT key FROM doomed)').run();
    db.sql('DELETE FROM item WHERE key IN (SELECT key FROM doomed)').run();
    db.sql('DELETE FROM doomed').run();
    return removed;
  }

  /** Adds to the sizes of a folder and of those above it. */
  addToSizes(folder: number, bytes: number): void {
    this.#db
      .sql(
        `WITH RECURSIVE up(key) AS (
           VALUES (?) UNION ALL SELECT item.parent FROM item JOIN up USING (key) WHERE item.parent IS NOT NULL
         ) UPDATE item SET size = size + ? WHERE key IN (SELECT key FROM up)`,
      )
      .run(folder, bytes);
  }

  addToChildCount(folder: number, count: number): void {
    this.#db.sql('UPDATE item SET childCount = childCount + ? WHERE key = ?').run(count, folder);
  }

  /** Returns items whose last change is after `after` and not after `until`, in the order of the feed. */
  changed(drive: number, { after, until, limit }: FeedWindow): ItemRow[] {
    return this.#rows(
      'SELECT * FROM item WHERE drive = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?',
      ...[drive, after, until, limit],
    );
  }

  tombstones(drive: number, { after, until, limit }: FeedWindow): Tombstone[] {
    return this.#db
      .sql('SELECT * FROM tombstone WHERE drive = ? AND sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?')
      .all(drive, after, until, limit) as unknown as Tombstone[];
  }

  bury(drive: number, { guid, parentGuid, sequence, kind, size, deletedAt }: Tombstone): void {
    this.#db
      .sql('INSERT INTO tombstone VALUES (:drive, :sequence, :guid, :parentGuid, :kind, :size, :deletedAt)')
      .run({ drive, guid, parentGuid, sequence, kind, size, deletedAt });
  }

  /**
   * Returns the feed's last change at or before `time`; 0 when there is none. The clock does not run backwards.
   */
  sequenceAt(drive: number, time: number): number {
    const last = this.#db
      .sql(
        `SELECT max(
           coalesce((SELECT sequence FROM item WHERE drive = :drive AND changedAt <= :time
             ORDER BY sequence DESC LIMIT 1), 0),
           coalesce((SELECT sequence FROM tombstone WHERE drive = :drive AND deletedAt <= :time
             ORDER BY sequence DESC LIMIT 1), 0)) AS last`,
      )
      .get({ drive, time });
    return Number(last!.last);
  }

  /** Returns the versions before the current one, oldest first. */
  versions(item: number): VersionRow[] {
    return this.#db.sql('SELECT * FROM version WHERE item = ? ORDER BY number').all(item) as unknown as VersionRow[];
  }

  addVersion(item: number, { number, blob, size, hash, modified, modifiedBy }: VersionRow): void {
    this.#db
      .sql('INSERT INTO version VALUES (:item, :number, :blob, :size, :hash, :modified, :modifiedBy)')
      .run({ item, number, blob, size, hash, modified, modifiedBy });
  }

  deleteVersion(item: number, number: number): void {
    this.#db.sql('DELETE FROM version WHERE item = ? AND number = ?').run(item, number);
  }

  /** Returns the key of an identity set, which is stored once, as JSON. */
  identityKey(body: string): number {
    const found = this.#db.sql('SELECT key FROM identity WHERE body = ?').get(body);
    return Number(found?.key ?? this.#db.sql('INSERT INTO identity (body) VALUES (?)').run(body).lastInsertRowid);
  }

  identity(key: number): string {
    return this.#db.sql('SELECT body FROM identity WHERE key = ?').get(key)!.body as string;
  }

  #row(text: string, ...values: (string | number)[]): ItemRow | undefined {
    return this.#db.sql(text).get(...values) as unknown as ItemRow | undefined;
  }

  #rows(text: string, ...values: (string | number)[]): ItemRow[] {
    return this.#db.sql(text).all(...values) as unknown as ItemRow[];
  }
}

/** A stretch of a drive's feed of changes: after one sequence number, up to another. */
export interface FeedWindow {
  readonly after: number;
  readonly until: number;
  readonly limit: number;
}
