import type { Changes } from '../drive/changes.ts';
import type {
  CommitUploadOptions,
  OpenedUpload,
  OpenUploadOptions,
  UploadOptions,
  UploadProgress,
} from '../drive/direct-upload.ts';
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
  RestoreOptions,
  Scratch,
  SearchOptions,
  SyncTokenOptions,
  ThumbnailOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry, Quota } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, formatPath, isWithin, joinPaths, ROOT, toDrivePath } from '../drive/path.ts';
import type { Details, FileVersion, SearchResult, Thumbnail, VersionRead } from '../drive/views.ts';
import { folder } from './mounted-drive.ts';

export interface BelowDriveOptions {
  /** The user's whole tree. */
  readonly inner: Drive;
  /** The only folder that is open. */
  readonly below: DrivePath;
  /** The date of the folders above it. */
  readonly since: Date;
}

/** The folders above the open one are what they are. */
const ALWAYS = () => true;

/** No mount has this name: it is reserved for the server's own pages. */
const NO_MOUNT = toDrivePath(['-']);

/**
 * A tree of which one folder is open, with all its members. The folders above it are read-only and show only the way to
 * it; looking at them makes no calls. All other paths are refused, and never said to be absent: a sync tool would delete
 * its copy. The folder itself cannot be made, moved or removed, since it is a member of a folder that is not open.
 */
export class BelowDrive implements Drive {
  readonly #inner: Drive;
  readonly #below: DrivePath;
  readonly #since: Date;

  constructor({ inner, below, since }: BelowDriveOptions) {
    this.#inner = inner;
    this.#below = below;
    this.#since = since;
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    if (this.#isAbove(path)) {
      options.basis?.found(ALWAYS);
      return this.#folderAt(path.length);
    }
    return this.#opened(path).stat(path, options);
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    if (this.#isAbove(path)) {
      options.basis?.found(ALWAYS);
      return [this.#folderAt(path.length + 1)];
    }
    return this.#opened(path).list(path, options);
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    this.#refuseFolderAbove(path, 'read');
    return this.#opened(path).read(path, options);
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    this.#refuseFolderAbove(path, 'write');
    return this.#changing(path).write(path, body, options);
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    if (this.#isAbove(path)) {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: it exists`);
    }
    return this.#changing(path).makeFolder(path, options);
  }

  async remove(path: DrivePath, options: CallOptions): Promise<void> {
    return this.#changing(path).remove(path, options);
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    this.#opened(from);
    return this.#changing(to).copy(from, to, options);
  }

  async move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult> {
    this.#changing(from);
    return this.#changing(to).move(from, to, options);
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    this.#refuseOutside(path, 'read-only', 'change');
    return this.#inner.setTimes(path, times, options);
  }

  /** Returns the space of the drive of the open folder for the folders above it, too: Windows asks only there. */
  async quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined> {
    return this.#isAbove(path) ? this.#inner.quota(this.#below, options) : this.#opened(path).quota(path, options);
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined> {
    this.#refuseFolderAbove(path, 'read');
    return this.#opened(path).downloadUrl(path, options);
  }

  async changes(path: DrivePath, options: ChangesOptions): Promise<Changes> {
    return this.#isAbove(path) ? { kind: 'unsupported' } : this.#opened(path).changes(path, options);
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined> {
    return this.#isAbove(path) ? undefined : this.#opened(path).syncToken(path, options);
  }

  tellsChanges(path: DrivePath): boolean {
    return this.#isOpen(path) && this.#inner.tellsChanges(path);
  }

  async search(path: DrivePath, text: string, options: SearchOptions): Promise<SearchResult | undefined> {
    return this.#isAbove(path) ? undefined : this.#opened(path).search(path, text, options);
  }

  async details(path: DrivePath, options: CallOptions): Promise<Details | undefined> {
    return this.#isAbove(path) ? undefined : this.#opened(path).details(path, options);
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    this.#refuseFolderAbove(path, 'read');
    return this.#opened(path).thumbnail(path, options);
  }

  async versions(path: DrivePath, options: CallOptions): Promise<readonly FileVersion[] | undefined> {
    this.#refuseFolderAbove(path, 'read');
    return this.#opened(path).versions(path, options);
  }

  async readVersion(path: DrivePath, id: string, options: CallOptions): Promise<VersionRead | undefined> {
    this.#refuseFolderAbove(path, 'read');
    return this.#opened(path).readVersion(path, id, options);
  }

  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry | undefined> {
    this.#refuseFolderAbove(path, 'write');
    return this.#changing(path).restoreVersion(path, id, options);
  }

  async openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    this.#refuseFolderAbove(path, 'write');
    return this.#changing(path).openUpload(path, options);
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }> {
    this.#refuseFolderAbove(path, 'write');
    return this.#changing(path).commitUpload(path, options);
  }

  async uploadStatus(path: DrivePath, options: UploadOptions): Promise<UploadProgress> {
    this.#refuseFolderAbove(path, 'write');
    return this.#changing(path).uploadStatus(path, options);
  }

  async cancelUpload(path: DrivePath, options: UploadOptions): Promise<void> {
    this.#refuseFolderAbove(path, 'write');
    return this.#changing(path).cancelUpload(path, options);
  }

  async scratch(path: DrivePath, options: CallOptions): Promise<Scratch> {
    return this.#changing(path).scratch(path, options);
  }

  /** Refuses a path that is not open, so that what follows does not look for its locks. */
  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    this.#refuseOutside(path, 'read-only', 'change');
    await this.#inner.prepare(path, options);
  }

  /**
   * Returns, for a path that is not open, one that equals no canonical path of an entry: its locks and properties are
   * not shown, and cannot be ended.
   */
  canonicalPath(path: DrivePath): DrivePath {
    if (this.#isAbove(path)) {
      return ROOT;
    }
    return this.#isOpen(path) ? this.#inner.canonicalPath(path) : joinPaths(NO_MOUNT, path);
  }

  async companions(path: DrivePath): Promise<readonly DrivePath[]> {
    const companions = this.#isOpen(path) ? await this.#inner.companions(path) : [];
    return companions.filter(companion => this.#isInside(companion));
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#isOpen(path) ? this.#inner.access(path) : 'read';
  }

  /** Returns true for the open folder and everything in it. */
  #isOpen(path: DrivePath): boolean {
    return isWithin(path, this.#below);
  }

  #isInside(path: DrivePath): boolean {
    return path.length > this.#below.length && this.#isOpen(path);
  }

  #isAbove(path: DrivePath): boolean {
    return path.length < this.#below.length && isWithin(this.#below, path);
  }

  /** Returns the folder on the way, `depth` names below the root, as the one who opened it has spelled it. */
  #folderAt(depth: number): Entry {
    const path = toDrivePath(this.#below.slice(0, depth));
    return folder(baseName(path), `way-${formatPath(path)}`, this.#since);
  }

  /** Returns the drive for an operation that reads. */
  #opened(path: DrivePath): Drive {
    this.#refuseOutside(path, 'forbidden', 'open');
    return this.#inner;
  }

  /** Returns the drive for an operation that changes the folder of `path`. */
  #changing(path: DrivePath): Drive {
    this.#refuseOutside(path, 'read-only', 'change');
    if (!this.#isInside(path)) {
      throw new DriveError('forbidden', `cannot change ${formatPath(path)}: only what is in this folder is open`);
    }
    return this.#inner;
  }

  #refuseOutside(path: DrivePath, code: 'forbidden' | 'read-only', action: string): void {
    if (!this.#isOpen(path)) {
      const only = formatPath(this.#below);
      throw new DriveError(code, `cannot ${action} ${formatPath(path)}: this sign-in is for ${only} only`);
    }
  }

  #refuseFolderAbove(path: DrivePath, action: 'read' | 'write'): void {
    if (this.#isAbove(path)) {
      throw new DriveError('is-folder', `cannot ${action} ${formatPath(path)}: it is a folder`);
    }
  }
}
