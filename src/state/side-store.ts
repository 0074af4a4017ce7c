import type { Place } from './place.ts';

/** A small file that never goes to OneDrive: `._name`, `.DS_Store` and their like. */
export interface SideFile {
  /** Stays when the file is replaced or moved; opaque, `[A-Za-z0-9-]+`. A copy gets another id. */
  readonly id: string;
  readonly bytes: Uint8Array;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** Changes with each `put`; opaque, `[A-Za-z0-9_-]+`. */
  readonly version: string;
  /** Present only for a folder, which has no bytes. */
  readonly kind?: 'folder';
}

/** A side file without its bytes. */
export type SideFileInfo = Omit<SideFile, 'bytes'> & { readonly size: number };

/** A member of a folder in the store, with its listed name. */
export interface SideMember {
  readonly name: string;
  readonly info: SideFileInfo;
}

export interface SidePutOptions {
  readonly now: number;
  readonly modified?: number;
  readonly name?: string;
  readonly expect?: 'absent' | readonly string[];
}

/**
 * Small files, and folders for them, by place. A place is the folded names of a resource's canonical path
 * (`Drive.canonicalPath`). The store has a maximum number of bytes; beyond it the least recently used files are
 * evicted, except those with a name: a program has made a folder for them, and will look for them there. Each call is
 * one step: wholly before or wholly after any other. `test/contracts/side-store.ts` is the suite of its
 * implementations.
 */
export interface SideStore {
  /** Returns undefined when there is no such file. */
  info(place: Place): Promise<SideFileInfo | undefined>;
  /** Returns the file; counts as a use at `now` (milliseconds since 1970). */
  get(place: Place, now: number): Promise<SideFile | undefined>;
  /**
   * Creates or replaces the file; its times are `now` unless `modified` is given. Keeps the creation time of a replaced
   * file. `name`: the name in a folder's listing. `expect`: no file, or one of these versions; otherwise returns
   * undefined and changes nothing. Rejects with a RangeError, and changes nothing, when there is no room.
   */
  put(place: Place, bytes: Uint8Array, options: SidePutOptions): Promise<SideFileInfo | undefined>;
  /** Creates a folder; returns undefined when the place is taken. */
  makeFolder(place: Place, options: { readonly now: number; readonly name: string }): Promise<SideFileInfo | undefined>;
  /** Returns the direct members of the folder at `place`, by name. */
  members(place: Place): Promise<readonly SideMember[]>;
  /** Sets the times of the entry at `place`, in milliseconds since 1970; its bytes and version stay. */
  setTimes(place: Place, times: { readonly created?: number; readonly modified?: number }): Promise<void>;
  /**
   * Moves everything at and below `from` to `to`, replacing everything there. `name`: the listed name at `to`, `''` for
   * none; absent: unchanged.
   */
  move(from: Place, to: Place, options?: { readonly name?: string }): Promise<void>;
  /**
   * Copies everything at and below `from` to `to`, replacing everything there. The copies have the creation time `now`
   * (RFC 4918 §15.1), and the version and modification time of their sources, since the bytes are the same. `name` as
   * in `move`. Rejects with a RangeError, and changes nothing, when there is no room.
   */
  copy(from: Place, to: Place, options: { readonly now: number; readonly name?: string }): Promise<void>;
  /** Removes everything at and below `place`. */
  delete(place: Place): Promise<void>;
}

/** Returns the error for a full store from which nothing more can be evicted. */
export function noRoom(): RangeError {
  return new RangeError('cannot keep a side file: there is no room left');
}

/** Throws when a file is too large even for an empty store. */
export function refuseLarger(bytes: Uint8Array, maxBytes: number): void {
  if (bytes.length > maxBytes) {
    throw new RangeError(
      `cannot keep a side file of ${bytes.length} bytes: the limit for all of them together is ${maxBytes}`,
    );
  }
}

/** Returns whether what is there is what `put` may replace. */
export function isAsExpected(current: SideFileInfo | undefined, expect: SidePutOptions['expect']): boolean {
  return (
    expect === undefined ||
    (expect === 'absent' ? current === undefined : current !== undefined && expect.includes(current.version))
  );
}
