import type { Basis } from './basis.ts';
import type { Changes, SyncLevel } from './changes.ts';
import type { DirectUploads } from './direct-upload.ts';
import type { Entry, Quota } from './entry.ts';
import type { DrivePath } from './path.ts';
import type { Details, FileVersion, SearchResult, Thumbnail, ThumbnailSize, VersionRead } from './views.ts';

/** The options of every operation. */
export interface CallOptions {
  /** Aborted when the caller has gone; the operation then throws `aborted` and cleans up. */
  readonly signal: AbortSignal;
}

export interface LookOptions extends CallOptions {
  /** True: fetches the current state past the cache, and updates the cache. It costs a call. */
  readonly fresh?: boolean;
  /** True: the caller is about to write at the path. A drive may look at the folder at the same time. */
  readonly beforeWrite?: boolean;
  /** Is told what the result rests on. A drive that says nothing about it leaves it untouched. */
  readonly basis?: Basis | undefined;
}

export interface ChangesOptions extends CallOptions {
  readonly level: SyncLevel;
  /** A token of an earlier answer for the same folder and level. Absent: all current members. */
  readonly since?: string;
  /** At most so many changes, and at least one. Absent: as many as the drive likes. */
  readonly limit?: number;
}

export interface SyncTokenOptions extends CallOptions {
  /** 1 unless it is given. */
  readonly level?: SyncLevel;
  /** A token of the folder: the answer is of the same level, and the same token while nothing has changed since. */
  readonly like?: string;
}

export interface DownloadUrlOptions extends CallOptions {
  /** True: the last address did not work. Returns another one, unless the last is less than a second old. */
  readonly fresh?: boolean;
  /** As in `LookOptions`; with `fresh`, the address holds only as long as it is that new. */
  readonly basis?: Basis | undefined;
}

export interface SearchOptions extends CallOptions {
  /** The most hits to return, and at least one. */
  readonly limit: number;
}

export interface ThumbnailOptions extends CallOptions {
  readonly size: ThumbnailSize;
}

export interface RestoreOptions extends CallOptions {
  /** Called right before the change, which awaits it; if it throws, nothing changes. */
  readonly beforeCommit?: () => Promise<void>;
}

/** Bytes `start` to `end`, both included, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ReadOptions extends CallOptions {
  /** Absent: the whole file. The caller has clamped it to the entry's size; see `read` for a changed size. */
  readonly range?: ByteRange;
}

export interface ReadResult {
  /** The version that the bytes belong to, which may be newer than an earlier `stat`. */
  readonly entry: Entry;
  /**
   * Bytes that `body` will yield. For the whole file it is `entry.size`, the true size, even if an earlier `stat`
   * differs.
   */
  readonly length: number;
  /**
   * The bytes, all of one version. A caller that does not begin to read, or stops early, must call `return()` on the
   * iterator (a broken `for await` does) or abort the signal; both close the upstream request at once. It throws on a
   * failure half-way, and when the file changes so that the rest of this version is unavailable; it never ends early.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A condition on the target at the moment of the commit. */
export type Expectation = { readonly kind: 'absent' } | { readonly kind: 'etag'; readonly etags: readonly string[] };

export interface WriteOptions extends CallOptions {
  /** Bytes that `body` will yield; absent when the client did not state it. */
  readonly length?: number;
  /** Absent: create or replace unconditionally. */
  readonly expect?: Expectation;
  /** The client's modification time, kept with the file when given. */
  readonly modified?: Date;
  /** The client's creation time, kept with the file when given. */
  readonly created?: Date;
  /** Called right before the commit, which awaits it; if it throws, the write ends and the old file stays. */
  readonly beforeCommit?: () => Promise<void>;
}

/** The times that a client sets; absent ones stay unchanged. */
export interface EntryTimes {
  readonly created?: Date;
  readonly modified?: Date;
}

export interface TransferOptions extends CallOptions {
  /** False: an existing target is `exists` and stays untouched (RFC 4918 §10.6). */
  readonly overwrite: boolean;
}

export interface CopyOptions extends TransferOptions {
  /** 0 copies a folder without its members (RFC 4918 §9.8.3). */
  readonly depth: 0 | 'infinity';
}

export interface MoveOptions extends TransferOptions {
  /**
   * Called when the entry had to be copied, as between drives, and so has new ids, like its members: the copy is
   * complete, and the source still exists. If it throws, the move ends and both stay.
   */
  readonly afterCopy?: () => Promise<void>;
}

/** The result of a transfer. `created`: the target did not exist before (201, not 204). */
export interface TransferResult {
  readonly created: boolean;
}

/** A temporary place for an incomplete entry. */
export interface Scratch {
  readonly path: DrivePath;
  /**
   * Must be called: `isGone` is true when the place is empty again; otherwise its entry is removed later, even after a
   * crash.
   */
  end(isGone: boolean): Promise<void>;
}

/** A time-limited address that serves a file's bytes to any holder. A secret. */
export interface DownloadUrl {
  readonly entry: Entry;
  /** Must be used verbatim: the host refuses a changed or re-ordered query. */
  readonly url: string;
}

/**
 * A tree of files as WebDAV needs it. Implemented by `OneDriveDrive`, `MemoryDrive`, `MountedDrive` and `GuardedDrive`;
 * `test/contracts/drive.ts` is the suite that each of them passes.
 *
 * Every operation may throw, besides what its comment lists: `throttled` and `unavailable` (503), `timeout` (504),
 * `upstream` (502), `forbidden` (403), `aborted` (the caller has gone). Names are compared without regard to case and
 * Unicode composition, and kept as they were written.
 *
 * Every member is required: a wrapper that forgets one does not compile, and a drive that lacks a capability says so in
 * its result.
 */
export interface Drive extends DirectUploads {
  /**
   * Returns the entry at `path`, at most as old as the drive's cache allows. Throws `not-found` (404), only when its
   * absence is proven.
   */
  stat(path: DrivePath, options: LookOptions): Promise<Entry>;

  /**
   * Returns all members of the folder at `path`, in no particular order, at most as old as an entry of `stat`:
   * complete, or an error. Throws `not-found` (404) · `is-file` (405).
   */
  list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]>;

  /**
   * Opens the file at `path` for reading, in its current version. This may differ from the version that `stat` and
   * `list` have just shown: a caller that decided by their entry must compare it with the one returned here, and decide
   * again. From then on `stat` and `list` know this version too, even if it caused an error. The returned size is true,
   * and `stat` shows it from then on. Throws `not-found` (404) · `is-folder` (405) · `range` (416), a range outside
   * this version · `unavailable` (503) also when the file changes faster than it can be opened.
   */
  read(path: DrivePath, options: ReadOptions): Promise<ReadResult>;

  /**
   * Creates or replaces the file at `path` with all bytes of `body`. Readers see the old bytes or the new ones, never a
   * part; after a failure or an abort the old file is intact. Resolves when the cloud has committed.
   *
   * Throws `no-parent` (409) · `is-folder` (405) · `precondition` (412) · `bad-name` (400) · `path-too-long` (414) ·
   * `body-length` (400) · `too-large` (413) · `quota` (507) · `locked` (423).
   */
  write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }>;

  /**
   * Creates one folder. Throws `exists` (405) · `no-parent` (409) · `bad-name` (400) · `path-too-long` (414) · `quota`
   * (507).
   */
  makeFolder(path: DrivePath, options: CallOptions): Promise<Entry>;

  /**
   * Removes the file, or the folder with all its members. Throws `not-found` (404) · `locked` (423). The root is
   * `forbidden`.
   */
  remove(path: DrivePath, options: CallOptions): Promise<void>;

  /**
   * Copies `from` to `to`; an existing target is replaced, never merged. After a failure the old target is in place.
   * Throws `not-found` (404, the source) · `no-parent` (409) · `exists` (412) · `bad-name` (400) · `path-too-long`
   * (414) · `quota` (507) · `locked` (423). Onto itself or into its own tree is `forbidden` (403).
   */
  copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult>;

  /**
   * Moves `from` to `to`; everything said about `copy` applies. A change of case alone is a rename, not a conflict.
   * Between drives, a failure after the copy is complete leaves both copy and source in place; `locked` (423) also
   * means that the source has changed meanwhile.
   */
  move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult>;

  /**
   * Sets the times that clients see. Throws `not-found` (404) · `locked` (423). Neither bytes nor the entity tag
   * change.
   */
  setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry>;

  /** Returns the space of the drive that contains `path`; undefined when the drive does not report it. */
  quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined>;

  /**
   * Returns an address for the bytes of the file at `path`; undefined when it has none. It serves the version current
   * at the time of use, with tags and dates other than those of entries. Throws `not-found` (404) · `is-folder` (405).
   */
  downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined>;

  /**
   * Returns the changes in the folder at `path` since a token: complete up to the new token, never a part that looks
   * like the whole. A change made elsewhere may come late, when the cloud reports it, but it is never missed. A member
   * may be reported again although it has not changed. Throws `not-found` (404) · `is-file` (405).
   */
  changes(path: DrivePath, options: ChangesOptions): Promise<Changes>;

  /**
   * Returns the token of the folder as it is now: the same one while nothing changes. Undefined where `changes` is
   * unsupported, while too much is not yet known, and for a `like` that is not valid. Throws `not-found` (404) ·
   * `is-file` (405).
   */
  syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined>;

  /** Returns whether `changes` is supported for the folder at `path`, as far as is known. Makes no calls. */
  tellsChanges(path: DrivePath): boolean;

  /**
   * Looks for words in the names, and perhaps in the texts, of everything below the folder at `path`. An index is asked:
   * it may not know the last changes. Undefined where nothing can be searched, as above the mounts. Throws `not-found`
   * (404) · `is-file` (405).
   */
  search(path: DrivePath, text: string, options: SearchOptions): Promise<SearchResult | undefined>;

  /**
   * Returns the entry at `path` as it is now, and its authors; undefined where the cloud knows no more than `stat`.
   * Throws `not-found` (404).
   */
  details(path: DrivePath, options: CallOptions): Promise<Details | undefined>;

  /**
   * Opens a small picture of the file at `path`; undefined when there is none. Throws `not-found` (404) · `is-folder`
   * (405).
   */
  thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined>;

  /**
   * Returns the versions of the file at `path`, the current one first; undefined where none are kept. Throws `not-found`
   * (404) · `is-folder` (405).
   */
  versions(path: DrivePath, options: CallOptions): Promise<readonly FileVersion[] | undefined>;

  /**
   * Opens a version of the file at `path`; undefined where none are kept. Throws `not-found` (404), also when there is
   * no such version · `is-folder` (405).
   */
  readVersion(path: DrivePath, id: string, options: CallOptions): Promise<VersionRead | undefined>;

  /**
   * Makes the content of an old version the current one again, as a new version; undefined where none are kept. Resolves
   * when the cloud shows it. The current version is left as it is. Throws `not-found` (404), also when there is no such
   * version · `is-folder` (405) · `quota` (507) · `locked` (423).
   */
  restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry | undefined>;

  /**
   * Returns a free name in the folder of `path`, for an entry that is moved to `path` once it is complete. Throws
   * `no-parent` (409).
   */
  scratch(path: DrivePath, options: CallOptions): Promise<Scratch>;

  /**
   * Makes `canonicalPath` of `path` final, which may require finding its drive, once. Must be called before places are
   * compared. Throws `not-found` (404) when it is proven that there is no such drive.
   */
  prepare(path: DrivePath, options: CallOptions): Promise<void>;

  /**
   * Returns the canonical path of `path`: equal for two paths exactly when they lead to the same place, however it is
   * mounted. Its first name stands for the drive in which entry ids are meaningful; for a root above all drives it is
   * empty. Final after `prepare`. Makes no calls.
   */
  canonicalPath(path: DrivePath): DrivePath;

  /**
   * Returns entries that are moved or removed with the entry at `path`, though they are not its members. Does not call
   * the cloud.
   */
  companions(path: DrivePath): Promise<readonly DrivePath[]>;

  /** Returns whether the entry at `path` and its members may be changed. Makes no calls. */
  access(path: DrivePath): 'read' | 'write';
}
