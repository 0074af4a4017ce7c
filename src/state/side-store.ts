import type { Place } from './place.ts';

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

export interface SidePutOptions {
  readonly now: number;
  readonly modified?: number;
  readonly name?: string;
  readonly expect?: 'absent' | readonly string[];
}

/**
 * Small files, and folders for them, by place. A place is the folded names of a resource's one true path
 * (`Drive.canonicalPath`). The store holds at most a number of bytes that it is made with; beyond it the files that
 * were not used for the longest time go, except those that have a name: a program has made a folder for them, and will
 * look for them there. Each call is one step: wholly before or wholly after any other. `test/contracts/side-store.ts`
 * is the suite of its implementations.
 */
export interface SideStore {
  /** Undefined when there is no such file. */
  info(place: Place): Promise<SideFileInfo | undefined>;
  /** The file; counts as a use at `now` (milliseconds since 1970). */
  get(place: Place, now: number): Promise<SideFile | undefined>;
  /**
   * Creates or replaces the file; its times are `now` unless `modified` is given. Keeps the time of creation of a file
   * that it replaces. `name`: by which a folder lists it. `expect`: nothing is there, or one of these versions;
   * undefined, and nothing changed, when it is not so. Rejects with a RangeError, and changes nothing, when there is no
   * room for it.
   */
  put(place: Place, bytes: Uint8Array, options: SidePutOptions): Promise<SideFileInfo | undefined>;
  /** Makes a folder; undefined when something is there. */
  makeFolder(place: Place, options: { readonly now: number; readonly name: string }): Promise<SideFileInfo | undefined>;
  /** What is right in the folder at `place`, by name. */
  members(place: Place): Promise<readonly SideMember[]>;
  /** Sets the times of what is at `place`, in milliseconds since 1970; its bytes, and so its version, stay. */
  setTimes(place: Place, times: { readonly created?: number; readonly modified?: number }): Promise<void>;
  /**
   * Moves what is at `from` and below it to `to`, where nothing is left of what was there. `name`: by which what is
   * then at `to` is listed, `''` for what is not to be; absent: as before.
   */
  move(from: Place, to: Place, options?: { readonly name?: string }): Promise<void>;
  /**
   * Copies what is at `from` and below it to `to`, where nothing is left of what was there. The copies were created
   * `now` (RFC 4918 §15.1); as their bytes are the same, so are their version and their time of modification. `name` as
   * in `move`. Rejects with a RangeError, and changes nothing, when there is no room for them.
   */
  copy(from: Place, to: Place, options: { readonly now: number; readonly name?: string }): Promise<void>;
  /** Removes what is at `place` and below it. */
  delete(place: Place): Promise<void>;
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
