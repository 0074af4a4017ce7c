import type { Changes } from '../drive/changes.ts';
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
  SyncTokenOptions,
  TransferOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry, Quota } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, childPath, type DrivePath, foldName, formatPath, parentPath } from '../drive/path.ts';
import { isListed } from './is-listed.ts';
import {
  asAbsence,
  keptName,
  notFound,
  refuseFolder,
  refuseInside,
  refuseKeptFolderElsewhere,
  refuseOverFolder,
  refuseParentless,
  whereThereIsRoom,
} from './junk-refusals.ts';
import type { JunkPolicy } from './junk-rule.ts';
import { type JunkTraits, TOP_DEPTH, traitsBy } from './junk-traits.ts';
import { readSideContent, type SideContent, type SideFiles, twinName } from './side-files.ts';

export interface JunkDriveOptions {
  readonly inner: Drive;
  readonly policyOf: (name: string) => JunkPolicy | undefined;
  readonly sideFiles: SideFiles;
}

/** The location of an entry: in the inner drive, in the side store, only pretended, or nowhere. */
type Where = 'inner' | 'side' | 'pretended' | 'nowhere';

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

  constructor({ inner, policyOf, sideFiles }: JunkDriveOptions) {
    this.#inner = inner;
    this.#traitsOf = traitsBy(policyOf);
    this.#side = sideFiles;
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    const where = await this.#where(path, options);
    return where === 'inner' ? this.#inner.stat(path, options) : this.#sideEntry(path, where);
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    const where = await this.#where(path, options);
    if (where === 'inner') {
      return this.#inner.list(path, options);
    }
    if ((await this.#sideEntry(path, where)).kind === 'file') {
      throw new DriveError('is-file', `cannot list ${formatPath(path)}: it is a file`);
    }
    return this.#side.members(this.#place(path));
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const where = await this.#where(path, options);
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
    const where = await this.#where(path, options);
    if (where === 'inner' || !(await this.#isKeptName(path))) {
      this.#refuseName(path, where);
      return this.#inner.write(path, body, options);
    }
    await this.#requireParent(path, options);
    this.#refuseReadOnly(path);
    refuseFolder(path, await this.#side.entry(this.#place(path), baseName(path)));
    const isListed = await this.#isInKeptFolder(path);
    const entry = await this.#side.write(this.#place(path), body, { ...options, name: baseName(path), isListed });
    return { entry, created: where === 'nowhere' };
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    const where = await this.#where(path, options);
    if (where === 'side' || where === 'pretended') {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: the name is taken`);
    }
    this.#refuseName(path, where);
    if (where === 'nowhere' && (await this.#isKeptName(path))) {
      await this.#requireParent(path, options);
      this.#refuseReadOnly(path);
      return this.#side.makeFolder(this.#place(path), baseName(path));
    }
    return this.#inner.makeFolder(path, options);
  }

  async remove(path: DrivePath, options: CallOptions): Promise<void> {
    const where = await this.#where(path, options);
    if (where === 'nowhere') {
      throw notFound(path);
    }
    if (where === 'side') {
      this.#refuseReadOnly(path);
      await this.#side.forget(this.#place(path));
      return;
    }
    this.#refuseName(path, where);
    await this.#inner.remove(path, options);
    await whereThereIsRoom(this.#side.forget(this.#place(path)));
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    const where = await this.#where(from, options);
    if (where !== 'inner') {
      const isFolder = (await this.#sideEntry(from, where)).kind === 'folder';
      return isFolder ? this.#copyKeptFolder(from, to, options) : this.#copyOut(from, to, options);
    }
    await this.#refuseTarget(from, to, options);
    const result = await this.#inner.copy(from, to, options);
    await whereThereIsRoom(
      this.#side.copied(this.#place(from), this.#place(to), { depth: options.depth, hasTwin: from.length > 1 }),
    );
    return result;
  }

  async move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult> {
    const place = this.#place(from);
    const where = await this.#where(from, options);
    if (where === 'inner') {
      await this.#refuseTarget(from, to, options);
      const result = await this.#inner.move(from, to, options);
      await whereThereIsRoom(this.#side.moved(place, this.#place(to)));
      return result;
    }
    this.#refuseReadOnly(from);
    const { kind } = await this.#sideEntry(from, where);
    if (await this.#staysKept(to, options)) {
      return this.#moveKept(from, to, options);
    }
    refuseKeptFolderElsewhere(from, to, kind);
    const result = await this.#copyOut(from, to, options);
    await this.#side.forget(place);
    return result;
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const where = await this.#where(path, options);
    if (where === 'inner') {
      return this.#inner.setTimes(path, times, options);
    }
    this.#refuseReadOnly(path);
    if (where === 'side') {
      await this.#side.setTimes(this.#place(path), times);
    }
    return this.stat(path, options);
  }

  async quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined> {
    return this.#inner.quota(path, options);
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined> {
    const where = await this.#where(path, options);
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
    return twin !== undefined && !(await this.#isKeptName(path)) && (await this.#isKept(twin))
      ? [...inner, twin]
      : inner;
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#inner.access(path);
  }

  /** Finds the location of a path. Looks junk names up in the listing of their folder, which serves many of them. */
  async #where(path: DrivePath, options: LookOptions): Promise<Where> {
    if (path.some(name => this.#traitsOf(name))) {
      // The side store does not tell of its changes.
      options.basis?.add(undefined);
    }
    if (path.some(name => this.#traitsOf(name)?.isKept)) {
      // The side store uses canonical paths, which are not final before `prepare`.
      await this.prepare(path, options);
      if (await this.#isInKeptFolder(path)) {
        return (await this.#isKept(path)) ? 'side' : 'nowhere';
      }
    }
    const traits = path.length === 0 ? undefined : this.#traitsOf(baseName(path));
    if (traits === undefined || (traits.isOnlyAtTop && path.length > TOP_DEPTH)) {
      return 'inner';
    }
    if (await this.#isKept(path)) {
      return 'side';
    }
    if (await isListed(this.#inner, path, options)) {
      return 'inner';
    }
    return traits.isPretended ? 'pretended' : 'nowhere';
  }

  /** Returns true for names that do not go into the inner drive: kept names, and everything in a kept folder. */
  async #isKeptName(path: DrivePath): Promise<boolean> {
    return path.length > 0 && (this.#traitsOf(baseName(path))?.isKept || this.#isInKeptFolder(path));
  }

  async #isInKeptFolder(path: DrivePath): Promise<boolean> {
    for (let above = path; above.length > TOP_DEPTH; ) {
      above = parentPath(above);
      const name = baseName(above);
      if (this.#traitsOf(name)?.isKept && (await this.#side.entry(this.#place(above), name))?.kind === 'folder') {
        return true;
      }
    }
    return false;
  }

  async #isKept(path: DrivePath): Promise<boolean> {
    return (await this.#isKeptName(path)) && (await this.#side.entry(this.#place(path), baseName(path))) !== undefined;
  }

  /** Returns the entry at a path that is not in the inner drive. */
  async #sideEntry(path: DrivePath, where: Exclude<Where, 'inner'>): Promise<Entry> {
    const name = baseName(path);
    const entry = where === 'pretended' ? this.#side.pretended(name) : await this.#side.entry(this.#place(path), name);
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
    const content = await this.#side.open(this.#place(path), name);
    if (content === undefined || where === 'nowhere') {
      throw notFound(path);
    }
    return content;
  }

  /** Returns true when an entry put at `to` goes into the side store. */
  async #staysKept(to: DrivePath, options: CallOptions): Promise<boolean> {
    return (await this.#isKeptName(to)) && (await this.#where(to, options)) !== 'inner';
  }

  /** Moves from one kept name to another: the file stays the same. */
  async #moveKept(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const isSamePlace = this.#place(from).join('/') === this.#place(to).join('/');
    if (isSamePlace && baseName(from) === baseName(to)) {
      throw new DriveError('forbidden', `cannot put ${formatPath(from)} at ${formatPath(to)}: it is there`);
    }
    this.#refuseReadOnly(to);
    await this.#requireParent(to, options);
    refuseInside(from, to, this.#place(from), this.#place(to));
    const target = isSamePlace ? undefined : await this.#freeTarget(to, options);
    const name = (await this.#isListedByName(from, to)) ? baseName(to) : '';
    await this.#side.moved(this.#place(from), this.#place(to), { name });
    return { created: target === undefined };
  }

  /** Copies a kept or pretended file; its new name decides whether it goes into the side store or the inner drive. */
  async #copyOut(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const { signal } = options;
    const target = await this.#freeTarget(to, options);
    const { body, length, entry } = await this.read(from, { signal });
    await this.write(to, body, { signal, length, modified: entry.modified });
    return { created: target === undefined };
  }

  /** Copies a kept folder within the side store: a program made it for its own use. */
  async #copyKeptFolder(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    if (!(await this.#staysKept(to, options))) {
      refuseKeptFolderElsewhere(from, to, 'folder');
    }
    this.#refuseReadOnly(to);
    await this.#requireParent(to, options);
    refuseInside(from, to, this.#place(from), this.#place(to));
    const target = await this.#freeTarget(to, options);
    if (options.depth === 0) {
      await this.#side.makeFolderAnew(this.#place(to), baseName(to), { isTaken: target !== undefined });
    } else {
      const name = baseName(to);
      await this.#side.copied(this.#place(from), this.#place(to), { depth: 'infinity', hasTwin: true, name });
    }
    return { created: target === undefined };
  }

  /** Returns true for folders, which always have a listed name, and for files in a kept folder. */
  async #isListedByName(from: DrivePath, to: DrivePath): Promise<boolean> {
    return (
      (await this.#isInKeptFolder(to)) || (await this.#side.entry(this.#place(from), baseName(from)))?.kind === 'folder'
    );
  }

  /**
   * Returns the entry to overwrite at the target of such a transfer. Refuses a folder, which would be gone before the
   * write could fail.
   */
  async #freeTarget(to: DrivePath, { signal, overwrite }: TransferOptions): Promise<Entry | undefined> {
    const target = await this.stat(to, { signal }).catch(asAbsence);
    if (target !== undefined && !overwrite) {
      throw new DriveError('exists', `cannot put anything at ${formatPath(to)}: the name is taken`);
    }
    return refuseOverFolder(to, target);
  }

  /** Refuses a name that a file or folder of the inner drive must not get. */
  async #refuseTarget(from: DrivePath, to: DrivePath, options: CallOptions): Promise<void> {
    const where = await this.#where(to, options);
    this.#refuseName(to, where);
    if (where !== 'inner' && (await this.#isKeptName(to))) {
      await this.#inner.stat(from, options);
      throw keptName(to);
    }
  }

  #refuseName(path: DrivePath, where: Where): void {
    if (where === 'pretended' || (where === 'nowhere' && this.#traitsOf(baseName(path))?.isRefused)) {
      throw new DriveError('forbidden', `cannot change ${formatPath(path)}: the rules for junk names refuse it`);
    }
  }

  async #requireParent(path: DrivePath, { signal }: CallOptions): Promise<void> {
    refuseParentless(path, await this.stat(parentPath(path), { signal }).catch(asAbsence));
  }

  #refuseReadOnly(path: DrivePath): void {
    if (this.access(path) !== 'write') {
      throw new DriveError('read-only', `cannot change ${formatPath(path)}: it is read-only for this user`);
    }
  }

  #place(path: DrivePath): readonly string[] {
    return this.canonicalPath(path).map(foldName);
  }
}
