import { randomUUID } from 'node:crypto';
import { endOfKey, type Place, placeKey } from '../place.ts';
import {
  isAsExpected,
  noRoom,
  refuseLarger,
  type SideFileInfo,
  type SidePutOptions,
  type SideStore,
} from '../side-store.ts';
import { takeTurn } from './advisory-locks.ts';
import type { Database, Queries } from './database.ts';
import { type InfoRow, SIDE_STATEMENTS as SQL } from './side-statements.ts';

interface PutOptions extends SidePutOptions {
  readonly kind?: 'file' | 'folder';
}

/** The maximum number of reads noted in memory before their times are written. */
const MAX_UNWRITTEN_USES = 1_000;

/** Creates a side store in PostgreSQL. Changes are made one after the other, as they share the room that there is. */
export function createPostgresSideStore(database: Database, { maxBytes }: { readonly maxBytes: number }): SideStore {
  const uses = new UnwrittenUses();
  const change = async <T>(work: (queries: Queries) => Promise<T>): Promise<T> => {
    const noted = uses.all();
    const result = await database.step(async queries => {
      await takeTurn(queries, 'side files');
      if (noted.length > 0) {
        await queries.write(
          SQL.noteUses,
          noted.map(([key]) => key),
          noted.map(([, at]) => at),
        );
      }
      return work(queries);
    });
    uses.written(noted);
    return result;
  };
  const put = (place: Place, bytes: Uint8Array, options: PutOptions): Promise<SideFileInfo | undefined> => {
    const { now, modified = now, name = '', kind = 'file', expect } = options;
    refuseLarger(bytes, maxBytes);
    const key = placeKey(place);
    return change(async queries => {
      if (!isAsExpected(await infoAt(queries, key), expect)) {
        return undefined;
      }
      await queries.write(SQL.stage, key, bytes, now, modified, randomUUID(), randomUUID(), kind, name);
      await queries.write(SQL.remove, key);
      await requireRoom(queries, maxBytes);
      await queries.write(SQL.unstage, key);
      return infoAt(queries, key);
    });
  };
  return {
    put: async (place, bytes, options) => put(place, bytes, options),
    makeFolder: async (place, options) =>
      put(place, new Uint8Array(0), { ...options, kind: 'folder', expect: 'absent' }),
    members: async place => {
      const rows = await database.read(SQL.members, ...rangeOf(place));
      return rows.map(({ name, ...row }) => ({ name, info: toInfo(row) }));
    },
    setTimes: (place, { created = null, modified = null }) =>
      change(async queries => void (await queries.write(SQL.setTimes, placeKey(place), created, modified))),
    info: place => infoAt(database, placeKey(place)),
    get: async (place, now) => {
      const [row] = await database.read(SQL.file, placeKey(place));
      if (row === undefined) {
        return undefined;
      }
      if (uses.note(placeKey(place), now) > MAX_UNWRITTEN_USES) {
        await change(async () => {});
      }
      return toInfo({ ...row, bytes: new Uint8Array(row.bytes) });
    },
    move: (from, to, { name } = {}) =>
      change(async queries => {
        await queries.write(SQL.stageMoved, ...rangeOf(from));
        await queries.write(SQL.clear, ...rangeOf(to));
        await unstageAt(queries, to, name);
      }),
    copy: (from, to, { now, name }) =>
      change(async queries => {
        await queries.write(SQL.stageCopies, ...rangeOf(from), now);
        await queries.write(SQL.clear, ...rangeOf(to));
        await requireRoom(queries, maxBytes);
        await unstageAt(queries, to, name);
      }),
    delete: place => change(async queries => void (await queries.write(SQL.clear, ...rangeOf(place)))),
  };
}

/** Lets the longest unused files go that there is no room for. The limit may be lower than when they were written. */
export async function makeRoom(database: Database, maxBytes: number): Promise<void> {
  await database.step(async queries => {
    await takeTurn(queries, 'side files');
    await evict(queries, maxBytes);
  });
}

/** When files were last read, by key. Written with the next change of this server, so that reads cost no write. */
class UnwrittenUses {
  readonly #uses = new Map<string, number>();

  /** Returns the number of them. */
  note(key: string, at: number): number {
    return this.#uses.set(key, at).size;
  }

  all(): (readonly [key: string, at: number])[] {
    return [...this.#uses];
  }

  written(uses: readonly (readonly [key: string, at: number])[]): void {
    for (const [key, at] of uses) {
      if (this.#uses.get(key) === at) {
        this.#uses.delete(key);
      }
    }
  }
}

/** Returns by how many bytes the files that must stay are over the limit; 0 or less: there is room. */
async function evict(queries: Queries, maxBytes: number): Promise<number> {
  for (;;) {
    const over = (await queries.read(SQL.total))[0]!.bytes - maxBytes;
    if (over <= 0 || (await queries.write(SQL.evict, over)).count === 0) {
      return over;
    }
  }
}

async function requireRoom(queries: Queries, maxBytes: number): Promise<void> {
  if ((await evict(queries, maxBytes)) > 0) {
    throw noRoom();
  }
}

async function unstageAt(queries: Queries, place: Place, name: string | undefined): Promise<void> {
  await queries.write(SQL.unstage, placeKey(place));
  if (name !== undefined) {
    await queries.write(SQL.rename, placeKey(place), name);
  }
}

async function infoAt(queries: Pick<Queries, 'read'>, key: string): Promise<SideFileInfo | undefined> {
  return (await queries.read(SQL.info, key)).map(toInfo<InfoRow>)[0];
}

/** Returns the range of the keys at and below `place`. */
function rangeOf(place: Place): [first: string, stop: string] {
  const first = placeKey(place);
  return [first, endOfKey(first)];
}

/** Returns a row with `kind` only for folders. */
function toInfo<T extends { readonly kind: string }>({ kind, ...rest }: T): Omit<T, 'kind'> & { kind?: 'folder' } {
  return kind === 'folder' ? { ...rest, kind } : rest;
}
