import type { Entry, Quota } from './entry.ts';
import type { DrivePath } from './path.ts';

/** What every operation takes: who waits for it. */
export interface CallOptions {
  /** Aborted when nobody waits for the answer any more; the operation then throws `aborted` and cleans up. */
  readonly signal: AbortSignal;
}

export interface LookOptions extends CallOptions {
  /**
   * True: as it is now, not as it was seen a while ago. It costs a call, and what is seen is from then on known to
   * everybody.
   */
  readonly fresh?: boolean;
}

export interface DownloadUrlOptions extends CallOptions {
  /**
   * True: the address that was given out before does not work. It gives another one, unless that one is but a second
   * old.
   */
  readonly fresh?: boolean;
}

/** Bytes `start` to `end`, both included, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface ReadOptions extends CallOptions {
  /** Absent: the whole file. The caller has clamped it to the entry's size; see `read` for when that has changed. */
  readonly range?: ByteRange;
}

export interface ReadResult {
  /** The version that the bytes belong to, which may be a later one than a `stat` has shown before. */
  readonly entry: Entry;
  /**
   * Bytes that `body` will yield. Of the whole file it is `entry.size`, which is that of the bytes, whatever `stat`
   * has shown before.
   */
  readonly length: number;
  /**
   * The bytes, all of one version. Whoever does not begin to read, or stops early, must call `return()` on the iterator
   * (a broken `for await` does) or abort the signal; both close the upstream request at once. A failure half-way
   * throws, and so does a change of the file after which the rest of this version cannot be had; it never ends early.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** What must be true of the target at the moment of the commit. */
export type Expectation = { readonly kind: 'absent' } | { readonly kind: 'etag'; readonly etags: readonly string[] };

export interface WriteOptions extends CallOptions {
  /** Bytes that `body` will yield; absent when the client did not say. */
  readonly length?: number;
  /** Absent: create or replace, whatever is there. */
  readonly expect?: Expectation;
  /** The client's own time of last change, kept with the file when given. */
  readonly modified?: Date;
  /** The client's own time of creation, kept with the file when given. */
  readonly created?: Date;
  /** Called right before the commit, which waits for it; what it throws ends the write, and the old file stays. */
  readonly beforeCommit?: () => Promise<void>;
}

/** What a client says of an entry's past; what is absent stays as it is. */
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
   * Called when the entry could only be copied, as from one drive to another, which gave it and its members other ids:
   * the copy is whole, and the source still there. What it throws ends the move, and both stay.
   */
  readonly afterCopy?: () => Promise<void>;
}

/** True `created`: the target did not exist before (201, not 204). */
export interface TransferResult {
  readonly created: boolean;
}

/** A place of our own for something that is not whole yet. */
export interface Scratch {
  readonly path: DrivePath;
  /**
   * Must be called: true when nothing is there any more; what is still there is removed later, after a crash as well.
   */
  end(isGone: boolean): Promise<void>;
}

/** A time-limited address that serves a file's bytes to whoever holds it. A secret. */
export interface DownloadUrl {
  readonly entry: Entry;
  /** To be used verbatim: a changed or re-ordered query is refused by the host. */
  readonly url: string;
}

/**
 * A tree of files as WebDAV needs it. Implemented by `OneDriveDrive`, `MemoryDrive`, `MountedDrive` and
 * `GuardedDrive`; `test/contracts/drive.ts` is the suite that each of them passes.
 *
 * Every operation may throw, besides what its comment lists: `throttled` and `unavailable` (503), `timeout` (504),
 * `upstream` (502), `forbidden` (403), `aborted` (nobody left to answer).
 * Names are compared without regard to case and Unicode composition, and kept as they were written.
 *
 * Every member is required: a wrapper that forgets one does not compile, and a drive without a power says so in its
 * answer.
 */
export interface Drive {
  /**
   * The entry at `path`, at worst as it was as long ago as the drive's cache keeps it. Throws `not-found` (404), only
   * when its absence is proven.
   */
  stat(path: DrivePath, options: LookOptions): Promise<Entry>;

  /**
   * All members of the folder at `path`, in no particular order, at worst as old as an entry of `stat`: complete, or an
   * error. Throws `not-found` (404) · `is-file` (405).
   */
  list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]>;

  /**
   * Opens the file at `path` for reading, in the version that is there now. That may be another one than `stat` and
   * `list` have just shown: whoever has decided by their entry compares it with the one that comes with the bytes, and
   * decides anew. From then on `stat` and `list` know this version too, also when it is the reason for an error. The
   * size that comes with the bytes is true, and `stat` shows it from then on. Throws `not-found` (404) · `is-folder`
   * (405) · `range` (416), a range that this version does not have · `unavailable` (503) also when the file changes
   * faster than it can be opened.
   */
  read(path: DrivePath, options: ReadOptions): Promise<ReadResult>;

  /**
   * Creates or replaces the file at `path` with all that `body` yields. Readers see the old bytes or the new ones,
   * never a part; after a failure or an abort the old file is whole. Resolves when the cloud has committed.
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
   * Moves `from` to `to`; everything said of `copy` holds. A change of case alone is a rename, not a clash. From one
   * drive to another, what goes wrong once the copy is whole leaves it in place and the source as well; `locked` (423)
   * also says that the source has changed meanwhile.
   */
  move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult>;

  /**
   * Sets the times that clients see. Throws `not-found` (404) · `locked` (423). Neither bytes nor the entity tag
   * change.
   */
  setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry>;

  /** Room in the drive that holds `path`; undefined when the drive does not tell. */
  quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined>;

  /**
   * An address for the bytes of the file at `path`; undefined when it has none. It serves the version that is there
   * when it is used, under tags and dates that are not those of entries.
   * Throws `not-found` (404) · `is-folder` (405).
   */
  downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined>;

  /**
   * A free name in the folder of `path`, for what is to be moved to `path` as soon as it is whole.
   * Throws `no-parent` (409).
   */
  scratch(path: DrivePath, options: CallOptions): Promise<Scratch>;

  /**
   * Makes sure that `canonicalPath` of `path` is final, which can need a look for the drive that it leads to, once.
   * Must be called before places are compared. Throws `not-found` (404) when it is proven that there is no such drive.
   */
  prepare(path: DrivePath, options: CallOptions): Promise<void>;

  /**
   * The one true path of what `path` leads to: equal for two paths exactly when they lead to the same place, however it
   * is mounted. Its first name stands for the drive in which an entry's id has a meaning; of a root above all drives it
   * is empty. Final once `prepare` has been asked. Asks nobody.
   */
  canonicalPath(path: DrivePath): DrivePath;

  /**
   * Entries that go along when the entry at `path` is moved or removed, though they are not its members. Does not ask
   * the cloud.
   */
  companions(path: DrivePath): Promise<readonly DrivePath[]>;

  /** Whether the entry at `path` and its members may be changed. Asks nobody. */
  access(path: DrivePath): 'read' | 'write';
}
