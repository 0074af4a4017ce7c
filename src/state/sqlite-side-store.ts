import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { endOfKey, placeKey } from './place.ts';
import { refuseLarger, type SideFile, type SideFileInfo, type SideStore } from './side-store.ts';
import { inTransaction } from './transaction.ts';

/** How many reads are noted in memory at most before their times are written. */
const MAX_UNWRITTEN_USES = 1_000;

/**
 * Side files in SQLite. What is put, moved or copied is first staged under keys that begin with a dot, where every place's key begins with
 * a slash; so it is neither cleared along with what was at its target nor evicted to make room for itself.
 */
export function createSqliteSideStore(database: DatabaseSync, { maxBytes }: { readonly maxBytes: number }): SideStore {
  const sql = prepareStatements(database);
  /** When files were last read, by key. Written with the next change: a read that waits for the disk would be a slow one. */
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
  const noteUse = (key: string, now: number) => {
    unwrittenUses.set(key, now);
    if (unwrittenUses.size > MAX_UNWRITTEN_USES) {
      change(() => undefined);
    }
  };
  const makeRoom = () => {
    const isOver = () => (sql.total.get() as { bytes: number }).bytes > maxBytes;
    let evicted = true;
    while (evicted && isOver()) {
      evicted = sql.evict.run().changes !== 0;
    }
  };
  // The limit may be lower than when the files were written.
  change(makeRoom);
  const info = (place: readonly string[]) => toPlain(sql.info.get(placeKey(place)) as SideFileInfo | undefined);
  return {
    info,
    get: (place, now) => {
      const file = toPlain(sql.file.get(placeKey(place)) as SideFile | undefined);
      if (file !== undefined) {
        noteUse(placeKey(place), now);
      }
      return file;
    },
    put: (place, bytes, { now, modified = now }) => {
      refuseLarger(bytes, maxBytes);
      const key = placeKey(place);
      change(() => {
        sql.stage.run({
          place: key,
          size: bytes.length,
          now,
          modified,
          id: randomUUID(),
          version: randomUUID(),
          bytes,
        });
        sql.remove.run(key);
        makeRoom();
        sql.unstage.run(key);
      });
      return info(place)!;
    },
    move: (from, to) =>
      change(() => {
        sql.stageMoved.run(rangeOf(from));
        sql.clear.run(rangeOf(to));
        sql.unstage.run(placeKey(to));
      }),
    copy: (from, to, now) =>
      change(() => {
        sql.stageCopies.run({ ...rangeOf(from), now });
        sql.clear.run(rangeOf(to));
        makeRoom();
        sql.unstage.run(placeKey(to));
      }),
    delete: place => change(() => sql.clear.run(rangeOf(place))),
  };
}

function prepareStatements(database: DatabaseSync) {
  return {
    info: database.prepare('SELECT file_id AS id, created, modified, version, size FROM side_files WHERE place = ?'),
    file: database.prepare('SELECT file_id AS id, created, modified, version, bytes FROM side_files WHERE place = ?'),
    use: database.prepare('UPDATE side_files SET used = ? WHERE place = ?'),
    stage: database.prepare(
      `INSERT INTO side_files (place, size, created, modified, file_id, version, used, bytes)
       VALUES ('.', :size, coalesce((SELECT created FROM side_files WHERE place = :place), :now), :modified,
         coalesce((SELECT file_id FROM side_files WHERE place = :place), :id), :version, :now, :bytes)`,
    ),
    stageMoved: database.prepare(
      `UPDATE side_files SET place = '.' || substr(place, length(:first) + 1) WHERE place >= :first AND place < :end`,
    ),
    stageCopies: database.prepare(
      `INSERT INTO side_files (place, size, created, modified, file_id, version, used, bytes)
       SELECT '.' || substr(place, length(:first) + 1), size, :now, modified, lower(hex(randomblob(16))), version, :now, bytes
       FROM side_files WHERE place >= :first AND place < :end`,
    ),
    unstage: database.prepare("UPDATE side_files SET place = ? || substr(place, 2) WHERE place >= '.' AND place < '/'"),
    remove: database.prepare('DELETE FROM side_files WHERE place = ?'),
    clear: database.prepare('DELETE FROM side_files WHERE place >= :first AND place < :end'),
    evict: database.prepare(
      `DELETE FROM side_files
       WHERE id = (SELECT id FROM side_files WHERE place >= '/' ORDER BY used, place LIMIT 1)`,
    ),
    total: database.prepare('SELECT bytes FROM side_total'),
  };
}

/** The keys of `place` and of all that is below it. */
function rangeOf(place: readonly string[]): { first: string; end: string } {
  const first = placeKey(place);
  return { first, end: endOfKey(first) };
}

/** A row without SQLite's null prototype. */
function toPlain<T extends object>(row: T | undefined): T | undefined {
  return row && { ...row };
}
