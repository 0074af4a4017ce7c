import { randomUUID } from 'node:crypto';
import { isAtOrBelow, placeKey, relocate } from './place.ts';
import { compareUtf8 } from './utf8-order.ts';

/** A small file that never goes to OneDrive: `._name`, `.DS_Store` and their like. */
export interface SideFile {
  /** Stays when the file is replaced or moved; opaque, `[A-Za-z0-9-]+`. A copy has another. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Changes with each `put`; opaque, `[A-Za-z0-9_-]+`. */
  readonly version: string;
  /** There for a folder only, which has no bytes. */
  readonly kind?: 'folder';
}

/** A side file without its bytes. */
export type SideFileInfo = Omit<SideFile, 'bytes'> & { readonly size: number };

/** A member of a folder in the store, under the name by which it is listed. */
export interface SideMember {
  readonly name: string;
  readonly info: SideFileInfo;
}

/**
 * Small files, and folders for them, by place. A place is the folded names of a resource's one true path (`Drive.canonicalPath`). The store holds at most a number of
 * bytes that it is made with; beyond it the files that were not used for the longest time go, except those that have a name: a program has made a
 * folder for them, and will look for them there. `test/contracts/side-store.ts` is the suite of its
 * implementations.
 */
export interface SideStore {
  /** Undefined when there is no such file. */
  info(place: readonly string[]): SideFileInfo | undefined;
  /** The file; counts as a use at `now` (milliseconds since 1970). */
  get(place: readonly string[], now: number): SideFile | undefined;
  /**
   * Creates or replaces the file; its times are `now` unless `modified` is given. Keeps the time of creation of a file that it replaces.
   * `name`: by which a folder lists it. Throws a RangeError, and changes nothing, when there is no room for it.
   */
  put(
    place: readonly string[],
    bytes: Uint8Array,
    options: { readonly now: number; readonly modified?: number; readonly name?: string },
  ): SideFileInfo;
  /** Makes a folder where nothing is. */
  makeFolder(place: readonly string[], options: { readonly now: number; readonly name: string }): SideFileInfo;
  /** What is right in the folder at `place`, by name. */
  members(place: readonly string[]): readonly SideMember[];
  /** Gives what is at `place` another name by which it is listed; `''` for what is not to be listed. */
  rename(place: readonly string[], name: string): void;
  /** Moves what is at `from` and below it to `to`, where nothing is left of what was there. */
  move(from: readonly string[], to: readonly string[]): void;
  /**
   * Copies what is at `from` and below it to `to`, where nothing is left of what was there. The copies were created `now`
   * (RFC 4918 §15.1); as their bytes are the same, so are their version and their time of modification. Throws a RangeError, and changes nothing,
   * when there is no room for them.
   */
  copy(from: readonly string[], to: readonly string[], now: number): void;
  /** Removes what is at `place` and below it. */
  delete(place: readonly string[]): void;
}

interface MemoryFile extends SideFile {
  readonly place: readonly string[];
  readonly name: string;
  readonly used: number;
}

/** Nothing survives the process; for tests. */
export function createMemorySideStore({ maxBytes }: { readonly maxBytes: number }): SideStore {
  let files: readonly MemoryFile[] = [];
  const at = (place: readonly string[]) => files.find(file => placeKey(file.place) === placeKey(place));
  const within = (place: readonly string[]) => files.filter(file => isAtOrBelow(file.place, place));
  /** Keeps of `rest` what there is room for besides `added`. */
  const keep = (rest: readonly MemoryFile[], added: readonly MemoryFile[]) => {
    files = [...lastUsed(rest, maxBytes - sizeOf(added)), ...added];
  };
  const put = (
    place: readonly string[],
    bytes: Uint8Array,
    { now, modified = now, name = '', kind }: { now: number; modified?: number; name?: string; kind?: 'folder' },
  ): SideFileInfo => {
    refuseLarger(bytes, maxBytes);
    const old = at(place);
    const rest = files.filter(file => file !== old);
    refuseLarger(bytes, maxBytes - sizeOf(rest.filter(file => file.name !== '')));
    const kept = { id: old?.id ?? randomUUID(), created: old?.created ?? now };
    const added = {
      ...kept,
      place,
      name,
      kind,
      bytes: Uint8Array.from(bytes),
      modified,
      version: randomUUID(),
      used: now,
    };
    keep(rest, [added]);
    return toInfo(added)!;
  };
  return {
    put,
    makeFolder: (place, options) => put(place, new Uint8Array(0), { ...options, kind: 'folder' }),
    members: place =>
      files
        .filter(file => file.name !== '' && file.place.length === place.length + 1 && isAtOrBelow(file.place, place))
        .toSorted((a, b) => compareUtf8(a.name, b.name))
        .map(file => ({ name: file.name, info: toInfo(file)! })),
    rename: (place, name) => {
      const found = at(place);
      files = files.map(file => (file === found ? { ...file, name } : file));
    },
    info: place => toInfo(at(place)),
    get: (place, now) => {
      const found = at(place);
      files = files.map(file => (file === found ? { ...file, used: now } : file));
      return toSideFile(found);
    },
    move: (from, to) => {
      const moved = within(from).map(file => ({ ...file, place: relocate(file.place, from, to) }));
      keep(
        files.filter(file => !isAtOrBelow(file.place, from) && !isAtOrBelow(file.place, to)),
        moved,
      );
    },
    copy: (from, to, now) => {
      const copies = within(from).map(file => ({
        ...file,
        id: randomUUID(),
        place: relocate(file.place, from, to),
        created: now,
        used: now,
      }));
      const rest = files.filter(file => !isAtOrBelow(file.place, to));
      if (sizeOf(copies) + sizeOf(rest.filter(file => file.name !== '')) > maxBytes) {
        throw noRoom();
      }
      keep(rest, copies);
    },
    delete: place => {
      files = files.filter(file => !isAtOrBelow(file.place, place));
    },
  };
}

/** What is thrown when nothing more can be evicted. */
export function noRoom(): RangeError {
  return new RangeError('cannot keep a side file: there is no room left');
}

/** Throws when a file could not be kept even if it were the only one. */
export function refuseLarger(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length > maxBytes) {
    throw new RangeError(`cannot keep a side file of ${bytes.length} bytes: all of them together may have ${maxBytes}`);
  }
}

/** The files that are left when the longest unused go until the rest fits; of those last used at the same time the first by place goes. */
function lastUsed(files: readonly MemoryFile[], maxBytes: number): MemoryFile[] {
  const named = files.filter(({ name }) => name !== '');
  const left = files
    .filter(({ name }) => name === '')
    .toSorted((a, b) => a.used - b.used || compareUtf8(placeKey(a.place), placeKey(b.place)));
  while (left.length > 0 && sizeOf(left) + sizeOf(named) > maxBytes) {
    left.shift();
  }
  return [...named, ...left];
}

function sizeOf(files: readonly MemoryFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function toInfo(file: MemoryFile | undefined): SideFileInfo | undefined {
  if (file === undefined) {
    return undefined;
  }
  const { id, created, modified, version, bytes, kind } = file;
  return { id, created, modified, version, size: bytes.length, ...(kind === undefined ? {} : { kind }) };
}

function toSideFile(file: MemoryFile | undefined): SideFile | undefined {
  if (file === undefined) {
    return undefined;
  }
  const { id, created, modified, version, bytes, kind } = file;
  const copied = { id, created, modified, version, bytes: Uint8Array.from(bytes) };
  return kind === undefined ? copied : { ...copied, kind };
}
