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
import { baseName, childPath, type DrivePath, formatPath, parentPath } from '../drive/path.ts';
import type { Details, FileVersion, SearchHit, SearchResult, Thumbnail, VersionRead } from '../drive/views.ts';
import { JunkPlaces, type Where } from './junk-places.ts';
import {
  keptName,
  notFound,
  refuseFolder,
  refuseKeptFolderElsewhere,
  refuseReadOnly,
  requireParent,
  whereThereIsRoom,
} from './junk-refusals.ts';
import type { JunkPolicy } from './junk-rule.ts';
import { appliesAt, type JunkTraits, TOP_DEPTH, traitsBy } from './junk-traits.ts';
import { KeptTransfers } from './kept-transfers.ts';
import { readSideContent, type SideContent, type SideFiles, twinName } from './side-files.ts';

export interface JunkDriveOptions {
  readonly inner: Drive;
  readonly policyOf: (name: string) => JunkPolicy | undefined;
  readonly sideFiles: SideFiles;
}

/**
 * A drive that keeps junk names (`._x`, `.DS_Store`, …) in a side store. It never asks the inner drive for such a name
 * directly: if the folder's listing there has one, made by other means, that one is served. Kept files are not listed,
 * so a folder that contains nothing else is empty; `._x` is moved, copied and removed with `x`. No file of the inner
 * drive ever goes into the side store, which may evict files that were not used for long.
 */
export class JunkDrive implements Drive {
  readonly #inner: Drive;
  readonly #traitsOf: (name: string) => JunkTraits | undefined;
  readonly #side: SideFiles;
  readonly #places: JunkPlaces;
  readonly #kept: KeptTransfers;

  constructor({ inner, policyOf, sideFiles }: JunkDriveOptions) {
    this.#inner = inner;
    this.#traitsOf = traitsBy(policyOf);
    this.#side = sideFiles;
    this.#places = new JunkPlaces({ inner, traitsOf: this.#traitsOf, side: sideFiles });
    this.#kept = new KeptTransfers({ drive: this, places: this.#places, side: sideFiles });
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    const where = await this.#places.where(path, options);
    return where === 'inner' ? this.#inner.stat(path, options) : this.#sideEntry(path, where);
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    const where = await this.#places.where(path, options);
    if (where === 'inner') {
      return this.#inner.list(path, options);
    }
    if ((await this.#sideEntry(path, where)).kind === 'file') {
      throw new DriveError('is-file', `cannot list ${formatPath(path)}: it is a file`);
    }
    return this.#side.members(this.#places.placeOf(path));
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const where = await this.#places.where(path, options);
    if (where === 'inner') {
      return this.#inner.read(path, options);
    }
    const content = await this.#sideContent(path, where);
    refuseFolder(path, content.entry);
    return readSideContent(content, options);
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const where = await this.#places.where(path, options);
    if (where === 'inner' || !(await this.#places.isKeptName(path))) {
      this.#refuseName(path, where);
      return this.#inner.write(path, body, options);
    }
    await requireParent(this, path, options);
    refuseReadOnly(this, path);
    refuseFolder(path, await this.#side.entry(this.#places.placeOf(path), baseName(path)));
    const isListed = await this.#places.isInKeptFolder(path);
    const entry = await this.#side.write(this.#places.placeOf(path), body, {
      ...options,
      name: baseName(path),
      isListed,
    });
    return { entry, created: where === 'nowhere' };
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    const where = await this.#places.where(path, options);
    if (where === 'side' || where === 'pretended') {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: the name is taken`);
    }
    this.#refuseName(path, where);
    if (where === 'nowhere' && (await this.#places.isKeptName(path))) {
      await requireParent(this, path, options);
      refuseReadOnly(this, path);
      return this.#side.makeFolder(this.#places.placeOf(path), baseName(path));
    }
    return this.#inner.makeFolder(path, options);
  }

  async remove(path: DrivePath, options: CallOptions): Promise<void> {
    const where = await this.#places.where(path, options);
    if (where === 'nowhere') {
      throw notFound(path);
    }
    if (where === 'side') {
      refuseReadOnly(this, path);
      await this.#side.forget(this.#places.placeOf(path));
      return;
    }
    this.#refuseName(path, where);
    await this.#inner.remove(path, options);
    await whereThereIsRoom(this.#side.forget(this.#places.placeOf(path)));
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    const where = await this.#places.where(from, options);
    if (where !== 'inner') {
      const isFolder = (await this.#sideEntry(from, where)).kind === 'folder';
      return isFolder ? this.#kept.copyFolder(from, to, options) : this.#kept.copyOut(from, to, options);
    }
    await this.#refuseTarget(from, to, options);
    const result = await this.#inner.copy(from, to, options);
    await whereThereIsRoom(
      this.#side.copied(this.#places.placeOf(from), this.#places.placeOf(to), {
        depth: options.depth,
        hasTwin: from.length > 1,
      }),
    );
    return result;
  }

  async move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult> {
    const place = this.#places.placeOf(from);
    const where = await this.#places.where(from, options);
    if (where === 'inner') {
      await this.#refuseTarget(from, to, options);
      const result = await this.#inner.move(from, to, options);
      await whereThereIsRoom(this.#side.moved(place, this.#places.placeOf(to)));
      return result;
    }
    refuseReadOnly(this, from);
    const { kind } = await this.#sideEntry(from, where);
    if (await this.#kept.staysKept(to, options)) {
      return this.#kept.move(from, to, options);
    }
    refuseKeptFolderElsewhere(from, to, kind);
    const result = await this.#kept.copyOut(from, to, options);
    await this.#side.forget(place);
    return result;
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const where = await this.#places.where(path, options);
    if (where === 'inner') {
      return this.#inner.setTimes(path, times, options);
    }
    refuseReadOnly(this, path);
    if (where === 'side') {
      await this.#side.setTimes(this.#places.placeOf(path), times);
    }
    return this.stat(path, options);
  }

  async quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined> {
    return this.#inner.quota(path, options);
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined> {
    const where = await this.#places.where(path, options);
    if (where === 'inner') {
      return this.#inner.downloadUrl(path, options);
    }
    refuseFolder(path, await this.#sideEntry(path, where));
    return undefined;
  }

  /** Reports the changes of the items that `list` lists, so none of the side store. */
  async changes(path: DrivePath, options: ChangesOptions): Promise<Changes> {
    return this.tellsChanges(path) ? this.#inner.changes(path, options) : { kind: 'unsupported' };
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined> {
    return this.tellsChanges(path) ? this.#inner.syncToken(path, options) : undefined;
  }

  /** A folder with a junk name, and its members, may be in the side store. */
  tellsChanges(path: DrivePath): boolean {
    return !path.some(name => this.#traitsOf(name)) && this.#inner.tellsChanges(path);
  }

  /** Finds nothing of the side store, and nothing by a junk name, whoever has put it into the inner drive. */
  async search(path: DrivePath, text: string, options: SearchOptions): Promise<SearchResult | undefined> {
    const found = (await this.#isInner(path, options)) ? await this.#inner.search(path, text, options) : undefined;
    const isJunk = ({ names }: SearchHit) =>
      names.some((name, index) => appliesAt(this.#traitsOf(name), path.length + index + 1));
    return found && { ...found, hits: found.hits.filter(hit => !isJunk(hit)) };
  }

  async details(path: DrivePath, options: CallOptions): Promise<Details | undefined> {
    return (await this.#isInner(path, options)) ? this.#inner.details(path, options) : undefined;
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    return (await this.#isInner(path, options)) ? this.#inner.thumbnail(path, options) : undefined;
  }

  async versions(path: DrivePath, options: CallOptions): Promise<readonly FileVersion[] | undefined> {
    return (await this.#isInner(path, options)) ? this.#inner.versions(path, options) : undefined;
  }

  async readVersion(path: DrivePath, id: string, options: CallOptions): Promise<VersionRead | undefined> {
    return (await this.#isInner(path, options)) ? this.#inner.readVersion(path, id, options) : undefined;
  }

  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry | undefined> {
    return (await this.#isInner(path, options)) ? this.#inner.restoreVersion(path, id, options) : undefined;
  }

  /** Kept names are never at the cloud; a name that `write` refuses is left to it. */
  async openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    const where = await this.#places.where(path, options);
    const isKept = where !== 'inner' && (await this.#places.isKeptName(path));
    if (!isKept) {
      this.#refuseName(path, where);
    }
    return isKept ? undefined : this.#inner.openUpload(path, options);
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }> {
    return this.#inner.commitUpload(path, options);
  }

  async uploadStatus(path: DrivePath, options: UploadOptions): Promise<UploadProgress> {
    return this.#inner.uploadStatus(path, options);
  }

  async cancelUpload(path: DrivePath, options: UploadOptions): Promise<void> {
    return this.#inner.cancelUpload(path, options);
  }

  async scratch(path: DrivePath, options: CallOptions): Promise<Scratch> {
    return this.#inner.scratch(path, options);
  }

  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    await this.#inner.prepare(path, options);
  }

  canonicalPath(path: DrivePath): DrivePath {
    return this.#inner.canonicalPath(path);
  }

  async companions(path: DrivePath): Promise<readonly DrivePath[]> {
    const inner = await this.#inner.companions(path);
    const twin = path.length < TOP_DEPTH ? undefined : childPath(parentPath(path), twinName(baseName(path)));
    return twin !== undefined && !(await this.#places.isKeptName(path)) && (await this.#places.isKept(twin))
      ? [...inner, twin]
      : inner;
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#inner.access(path);
  }

  /** Returns true for an entry of the inner drive, and false for one of ours. Throws `not-found` for neither. */
  async #isInner(path: DrivePath, options: CallOptions): Promise<boolean> {
    const where = await this.#places.where(path, options);
    if (where !== 'inner') {
      await this.#sideEntry(path, where);
    }
    return where === 'inner';
  }

  /** Returns the entry at a path that is not in the inner drive. */
  async #sideEntry(path: DrivePath, where: Exclude<Where, 'inner'>): Promise<Entry> {
    const name = baseName(path);
    const entry =
      where === 'pretended' ? this.#side.pretended(name) : await this.#side.entry(this.#places.placeOf(path), name);
    if (entry === undefined || where === 'nowhere') {
      throw notFound(path);
    }
    return entry;
  }

  /** Returns its entry and bytes, of one version. */
  async #sideContent(path: DrivePath, where: Exclude<Where, 'inner'>): Promise<SideContent> {
    const name = baseName(path);
    if (where === 'pretended') {
      return { entry: this.#side.pretended(name), bytes: new Uint8Array(0) };
    }
    const content = await this.#side.open(this.#places.placeOf(path), name);
    if (content === undefined || where === 'nowhere') {
      throw notFound(path);
    }
    return content;
  }

  /** Refuses a name that a file or folder of the inner drive must not get. */
  async #refuseTarget(from: DrivePath, to: DrivePath, options: CallOptions): Promise<void> {
    const where = await this.#places.where(to, options);
    this.#refuseName(to, where);
    if (where !== 'inner' && (await this.#places.isKeptName(to))) {
      await this.#inner.stat(from, options);
      throw keptName(to);
    }
  }

  #refuseName(path: DrivePath, where: Where): void {
    if (where === 'pretended' || (where === 'nowhere' && this.#traitsOf(baseName(path))?.isRefused)) {
      throw new DriveError('forbidden', `cannot change ${formatPath(path)}: the rules for junk names refuse it`);
    }
  }
}
