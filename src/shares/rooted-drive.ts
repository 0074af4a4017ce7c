import type { Changes } from '../drive/changes.ts';
import { NO_DIRECT_UPLOADS } from '../drive/direct-upload.ts';
import type {
  CallOptions,
  ChangesOptions,
  CopyOptions,
  DownloadUrl,
  DownloadUrlOptions,
  Drive,
  EntryTimes,
  LookOptions,
  MoveOptions,
  ReadOptions,
  ReadResult,
  Scratch,
  SearchOptions,
  SyncTokenOptions,
  ThumbnailOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { type DrivePath, dropNames, foldName, joinPaths, toDrivePath } from '../drive/path.ts';
import type { SearchResult, Thumbnail } from '../drive/views.ts';
import { folder } from '../mounts/mounted-drive.ts';
import { hidingPaths } from './hiding-paths.ts';

/** Counts what is read, where a share has a limit of downloads. */
export interface ReadCounter {
  /**
   * Counts a read of the file at `path`, a path of the owner's tree. The returned function takes it back. Throws when
   * there may be no more (410).
   */
  count(path: DrivePath, isPart: boolean): Promise<() => Promise<void>>;
}

export interface RootedDriveOptions {
  /** The owner's whole tree. */
  readonly inner: Drive;
  /** The name of the only member of the root: the token, as it stands in the URL. */
  readonly root: string;
  /** What is shared, in the owner's tree. */
  readonly at: DrivePath;
  /** The drive that it is in, by the first name of its canonical path. */
  readonly scope: string;
  readonly target: 'file' | 'folder';
  /** Whether new files and folders may be made. */
  readonly mayWrite: boolean;
  /** The date of the folder around a shared file. */
  readonly since: Date;
  readonly counter?: ReadCounter | undefined;
}

/** No mount has this name: it is reserved for the server's own pages. */
const NO_MOUNT = toDrivePath(['-']);

/**
 * A shared folder, or a folder with one shared file, as the only mount of a tree. All other paths are refused, and never
 * said to be absent. It does not tell what is not in the shared files themselves: who wrote them, what they were before,
 * and how much room their drive has.
 */
export class RootedDrive implements Drive {
  readonly #inner: Drive;
  readonly #root: string;
  readonly #at: DrivePath;
  readonly #scope: string;
  readonly #isFile: boolean;
  readonly #mayWrite: boolean;
  readonly #since: Date;
  readonly #counter: ReadCounter | undefined;

  // All bytes come through this server, which alone holds them to the share.
  readonly openUpload = NO_DIRECT_UPLOADS.openUpload;
  readonly commitUpload = NO_DIRECT_UPLOADS.commitUpload;
  readonly uploadStatus = NO_DIRECT_UPLOADS.uploadStatus;
  readonly cancelUpload = NO_DIRECT_UPLOADS.cancelUpload;

  constructor({ inner, root, at, scope, target, mayWrite, since, counter }: RootedDriveOptions) {
    this.#inner = inner;
    this.#root = root;
    this.#at = at;
    this.#scope = scope;
    this.#isFile = target === 'file';
    this.#mayWrite = mayWrite;
    this.#since = since;
    this.#counter = counter;
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    if (this.#isAround(path)) {
      options.basis?.found(() => true);
      return folder(this.#at.at(-1)!, `share-${this.#since.getTime()}`, this.#since);
    }
    const place = this.#pathOf(path);
    const entry = await this.#ask(place, options, () => this.#inner.stat(place, options));
    // The root has the name that its owner's tree has, which may be that of a mount.
    return path.length === 1 ? { ...entry, name: this.#at.at(-1)! } : entry;
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    if (this.#isAround(path)) {
      return [await this.#ask(this.#at, options, () => this.#inner.stat(this.#at, options))];
    }
    const place = this.#pathOf(path);
    return this.#ask(place, options, () => this.#inner.list(place, options));
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const place = this.#pathOfFile(path);
    const takeBack = await this.#counter?.count(place, options.range !== undefined);
    try {
      return await this.#ask(place, options, () => this.#inner.read(place, options));
    } catch (error) {
      await takeBack?.();
      throw error;
    }
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const place = this.#changing(this.#pathOfFile(path));
    return this.#ask(place, options, () => this.#inner.write(place, body, options));
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    const place = this.#changing(this.#pathOf(path));
    return this.#ask(place, options, () => this.#inner.makeFolder(place, options));
  }

  async remove(path: DrivePath): Promise<void> {
    throw this.#refusal(path);
  }

  async copy(_from: DrivePath, to: DrivePath, _options: CopyOptions): Promise<TransferResult> {
    throw this.#refusal(to);
  }

  async move(from: DrivePath, _to: DrivePath, _options: MoveOptions): Promise<TransferResult> {
    throw this.#refusal(from);
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const place = this.#changing(this.#pathOfFile(path));
    return this.#ask(place, options, () => this.#inner.setTimes(place, times, options));
  }

  /** The room in the owner's drive is nobody else's business. */
  async quota(): Promise<undefined> {}

  /** An address that serves the bytes to any holder cannot be counted. */
  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined> {
    const place = this.#pathOfFile(path);
    return this.#counter === undefined
      ? this.#ask(place, options, () => this.#inner.downloadUrl(place, options))
      : undefined;
  }

  async changes(path: DrivePath, options: ChangesOptions): Promise<Changes> {
    if (this.#isAround(path)) {
      return { kind: 'unsupported' };
    }
    const place = this.#pathOf(path);
    return this.#ask(place, options, () => this.#inner.changes(place, options));
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined> {
    if (this.#isAround(path)) {
      return undefined;
    }
    const place = this.#pathOf(path);
    return this.#ask(place, options, () => this.#inner.syncToken(place, options));
  }

  tellsChanges(path: DrivePath): boolean {
    return !this.#isAround(path) && this.#isIn(path) && this.#inner.tellsChanges(this.#placeOf(path));
  }

  async search(path: DrivePath, text: string, options: SearchOptions): Promise<SearchResult | undefined> {
    if (this.#isAround(path)) {
      return undefined;
    }
    const place = this.#pathOf(path);
    return this.#ask(place, options, () => this.#inner.search(place, text, options));
  }

  async details(path: DrivePath): Promise<undefined> {
    this.#pathOf(path);
  }

  /** Where downloads are counted, a large picture of a file would be one that is not. */
  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    const place = this.#pathOfFile(path);
    return this.#counter === undefined
      ? this.#ask(place, options, () => this.#inner.thumbnail(place, options))
      : undefined;
  }

  async versions(path: DrivePath): Promise<undefined> {
    this.#pathOfFile(path);
  }

  async readVersion(path: DrivePath): Promise<undefined> {
    this.#pathOfFile(path);
  }

  async restoreVersion(path: DrivePath): Promise<undefined> {
    throw this.#refusal(path);
  }

  async scratch(path: DrivePath): Promise<Scratch> {
    throw this.#refusal(path);
  }

  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    const place = this.#isAround(path) ? this.#at : this.#pathOf(path);
    await hidingPaths(() => this.#inner.prepare(place, options));
  }

  /** A path that is not open equals no canonical path of an entry: its locks and properties cannot be seen. */
  canonicalPath(path: DrivePath): DrivePath {
    if (this.#isAround(path) || !this.#isIn(path)) {
      return joinPaths(NO_MOUNT, path);
    }
    return this.#inner.canonicalPath(this.#placeOf(path));
  }

  async companions(): Promise<readonly DrivePath[]> {
    return [];
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#mayWrite && this.#isIn(path) ? this.#inner.access(this.#placeOf(path)) : 'read';
  }

  /** Returns true for the folder around a shared file. */
  #isAround(path: DrivePath): boolean {
    return this.#isFile && path.length === 1 && path[0] === this.#root;
  }

  #isIn(path: DrivePath): boolean {
    if (path[0] !== this.#root) {
      return false;
    }
    return !this.#isFile || path.length === 1 || (path.length === 2 && this.#isFileName(path[1]!));
  }

  #isFileName(name: string): boolean {
    return foldName(name) === foldName(this.#at.at(-1)!);
  }

  /** Returns the path in the owner's tree. */
  #placeOf(path: DrivePath): DrivePath {
    return this.#isFile ? this.#at : joinPaths(this.#at, dropNames(path, 1));
  }

  /** Like `placeOf`. Throws for a path that is not open; beside a shared file there is certainly nothing. */
  #pathOf(path: DrivePath): DrivePath {
    if (this.#isIn(path)) {
      return this.#placeOf(path);
    }
    throw path[0] === this.#root && path.length === 2
      ? new DriveError('not-found', 'there is no such file in this share')
      : this.#refusal(path);
  }

  #pathOfFile(path: DrivePath): DrivePath {
    if (path.length === 1 && path[0] === this.#root) {
      throw new DriveError('is-folder', 'the root of a share is a folder');
    }
    return this.#pathOf(path);
  }

  /**
   * Asks the owner's tree, unless a shortcut leads to another drive: its folders are somebody else's, and were not
   * shared by whoever shared this one.
   */
  async #ask<T>(place: DrivePath, { signal }: CallOptions, ask: () => Promise<T>): Promise<T> {
    await hidingPaths(() => this.#inner.prepare(place, { signal }));
    if (this.#inner.canonicalPath(place)[0] !== this.#scope) {
      throw new DriveError('forbidden', 'this is not in the share');
    }
    return hidingPaths(ask);
  }

  #changing(place: DrivePath): DrivePath {
    if (!this.#mayWrite) {
      throw new DriveError('read-only', 'this share is for reading only');
    }
    return place;
  }

  /** Names nothing of the owner's tree. */
  #refusal(path: DrivePath): DriveError {
    return path[0] === this.#root
      ? new DriveError('read-only', 'this share does not allow that')
      : new DriveError('forbidden', 'this is not in the share');
  }
}
