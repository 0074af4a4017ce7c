import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { isDiskFull } from '../../lib/disk-full.ts';
import { endOfKey, type Place, placeKey } from '../place.ts';
import {
  isAsExpected,
  noRoom,
  refuseLarger,
  type SideFile,
  type SideFileInfo,
  type SidePutOptions,
  type SideStore,
} from '../side-store.ts';
import { inTransaction } from './transaction.ts';

type InfoRow = Omit<SideFileInfo, 'kind'> & { readonly kind: string };

interface PutOptions extends SidePutOptions {
  readonly kind?: 'file' | 'folder';
}

/** The maximum number of reads noted in memory before their times are written. */
const MAX_UNWRITTEN_USES = 1_000;

/**
 * Creates a side store in SQLite. Written, moved and copied files are first staged under keys that begin with a dot,
 * while every place's key begins with a slash; so they are neither cleared with the old files at the target nor evicted
 * to make room for themselves.
 */
export function createSqliteSideStore(database: DatabaseSync, { maxBytes }: { readonly maxBytes: number }): SideStore {
  const sql = prepareStatements(database);
  /** When files were last read, by key. Written with the next change, so that reads need not wait for the disk. */
  const unwrittenUses = new Map<string, number>();
  const change = (work: () => void) => {
    inTransaction(database, () => {
      for (const [key, now] of unwrittenUses) {
        sql.use.run(now, key);
      }
      work();
    });
    unwrittenUses.clear();
  };
  /** On a full disk only the order of use is lost. */
  const writeUses = () => {
    try {
      change(() => undefined);
    } catch (error) {
      if (!isDiskFull(error)) {
        throw error;
      }
      unwrittenUses.clear();
    }
  };
  const noteUse = (key: string, now: number) => {
    unwrittenUses.set(key, now);
    if (unwrittenUses.size > MAX_UNWRITTEN_USES) {
      writeUses();
    }
  };
  const isOver = () => (sql.total.get() as { bytes: number }).bytes > maxBytes;
  const makeRoom = () => {
    let evicted = true;
    while (evicted && isOver()) {
      evicted = sql.evict.run().changes !== 0;
    }
  };
  const requireRoom = () => {
    makeRoom();
    if (isOver()) {
      throw noRoom();
    }
  };
  // The limit may be lower than when the files were written. Otherwise nothing is written: the disk may be full.
  if (isOver()) {
    change(makeRoom);
  }
  const info = (place: Place) => toInfo(sql.info.get(placeKey(place)) as InfoRow | undefined);
  const put = (
    place: Place,
    bytes: Uint8Array,
    { now, modified = now, name = '', kind = 'file', expect }: PutOptions,
  ): SideFileInfo | undefined => {
    refuseLarger(bytes, maxBytes);
    if (!isAsExpected(info(place), expect)) {
      return undefined;
    }
    const key = placeKey(place);
    change(() => {
      const ids = { id: randomUUID(), version: randomUUID() };
      sql.stage.run({ place: key, size: bytes.length, now, modified, ...ids, bytes, name, kind });
      sql.remove.run(key);
      requireRoom();
      sql.unstage.run(key);
    });
    return info(place);
  };
  const renameTo = (place: Place, name: string | undefined) => {
    if (name !== undefined) {
      sql.rename.run(name, placeKey(place));
    }
  };
  return {
    put: async (place, bytes, options) => put(place, bytes, options),
    makeFolder: async (place, options) =>
      put(place, new Uint8Array(0), { ...options, kind: 'folder', expect: 'absent' }),
    members: async place => {
      const rows = sql.members.all(rangeOf(place)) as unknown as (InfoRow & { name: string })[];
      return rows.map(({ name, ...row }) => ({ name, info: toInfo(row)! }));
    },
    setTimes: async (place, { created, modified }) =>
      change(
        () => void sql.setTimes.run({ place: placeKey(place), created: created ?? null, modified: modified ?? null }),
      ),
    info: async place => info(place),
    get: async (place, now) => {
      const file = toInfo(sql.file.get(placeKey(place)) as (SideFile & { kind: string }) | undefined);
      if (file !== undefined) {
        noteUse(placeKey(place), now);
      }
      return file;
    },
    move: async (from, to, { name } = {}) =>
      change(() => {
        sql.stageMoved.run(rangeOf(from));
        sql.clear.run(rangeOf(to));
        sql.unstage.run(placeKey(to));
        renameTo(to, name);
      }),
    copy: async (from, to, { now, name }) =>
      change(() => {
        sql.stageCopies.run({ ...rangeOf(from), now });
        sql.clear.run(rangeOf(to));
        requireRoom();
        sql.unstage.run(placeKey(to));
        renameTo(to, name);
      }),
    delete: async place => change(() => sql.clear.run(rangeOf(place))),
  };
}

function prepareStatements(database: DatabaseSync) {
  return {
    info: database.prepare(
      'SELECT file_id AS id, created, modified, version, size, kind FROM side_files WHERE place = ?',
    ),
    file: database.prepare(
      'SELECT file_id AS id, created, modified, version, bytes, kind FROM side_files WHERE place = ?',
    ),
    use: database.prepare('UPDATE side_files SET used = ? WHERE place = ?'),
    stage: database.prepare(
      `INSERT INTO side_files (place, size, created, modified, file_id, version, used, bytes, kind, name)
       VALUES ('.', :size, coalesce((SELECT created FROM side_files WHERE place = :place), :now), :modified,
         coalesce((SELECT file_id FROM side_files WHERE place = :place), :id), :version, :now, :bytes, :kind, :name)`,
    ),
    stageMoved: database.prepare(
      `UPDATE side_files SET place = '.' || substr(place, length(:first) + 1) WHERE place >= :first AND place < :end`,
    ),
    stageCopies: database.prepare(
      `INSERT INTO side_files (place, size, created, modified, file_id, version, used, bytes, kind, name)
       SELECT '.' || substr(place, length(:first) + 1), size, :now, modified, lower(hex(randomblob(16))), version, :now, bytes, kind, name
       FROM side_files WHERE place >= :first AND place < :end`,
    ),
    unstage: database.prepare("UPDATE side_files SET place = ? || substr(place, 2) WHERE place >= '.' AND place < '/'"),
    remove: database.prepare('DELETE FROM side_files WHERE place = ?'),
    clear: database.prepare('DELETE FROM side_files WHERE place >= :first AND place < :end'),
    evict: database.prepare(
      `DELETE FROM side_files
       WHERE id = (SELECT id FROM side_files WHERE place >= '/' AND name = '' ORDER BY used, place LIMIT 1)`,
    ),
    members: database.prepare(
      `SELECT file_id AS id, created, modified, version, size, kind, name FROM side_files
       WHERE place > :first AND place < :end AND name <> '' AND instr(substr(place, length(:first) + 1), '/') = length(place) - length(:first)
       ORDER BY name`,
    ),
    rename: database.prepare('UPDATE side_files SET name = ? WHERE place = ?'),
    setTimes: database.prepare(
      `UPDATE side_files SET created = coalesce(:created, created), modified = coalesce(:modified, modified)
       WHERE place = :place`,
    ),
    total: database.prepare('SELECT bytes FROM side_total'),
  };
}

/** Returns the range of the keys at and below `place`. */
function rangeOf(place: Place): { first: string; end: string } {
  const first = placeKey(place);
  return { first, end: endOfKey(first) };
}

/** Returns a row without SQLite's null prototype, and with `kind` only for folders. */
function toInfo<T extends { readonly kind?: string }>(
  row: T | undefined,
): (Omit<T, 'kind'> & { kind?: 'folder' }) | undefined {
  if (row === undefined) {
    return undefined;
  }
  const { kind, ...rest } = row;
  return kind === 'folder' ? { ...rest, kind } : rest;
}
