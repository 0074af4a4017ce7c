import type {
  CallOptions,
  CopyOptions,
  DownloadUrl,
  DownloadUrlOptions,
  Drive,
  EntryTimes,
  LookOptions,
  MoveOptions,
  ReadOptions,
  ReadResult,
  TransferOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry, Quota } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { baseName, childPath, type DrivePath, foldName, formatPath, parentPath } from '../drive/path.ts';
import { isDiskFull } from '../lib/disk-full.ts';
import { refuseFolder, refuseInside, refuseKeptFolderElsewhere } from './junk-refusals.ts';
import type { JunkPolicy } from './junk-rule.ts';
import { type SideFiles, twinName } from './side-files.ts';

export interface JunkDriveOptions {
  readonly inner: Drive;
  readonly policyOf: (name: string) => JunkPolicy | undefined;
  readonly sideFiles: SideFiles;
}

/** The top of a mount as a user sees it: the root of all mounts, and the folder of each. */
const TOP_DEPTH = 2;

/** Where the entry at a path is: in the inner drive, in the side store, only as a pretence, or nowhere. */
type Where = 'inner' | 'side' | 'pretended' | 'nowhere';

/**
 * A drive whose junk names (`._x`, `.DS_Store`, …) are kept in a side store. The inner drive is never asked for such a name: whether it
 * has one after all, put there by other means, is looked up in the listing of the folder; such a one is served as it is. Kept files are not listed, so
 * that a folder that holds nothing else is empty; `._x` moves, is copied and goes with `x`. No file of the inner drive ever goes into the side
 * store, which may forget what was not used for long.
 */
export class JunkDrive implements Drive {
  readonly #inner: Drive;
  readonly #policyOf: JunkDriveOptions['policyOf'];
  readonly #side: SideFiles;
  /** There exactly when the inner drive has them. */
  readonly quota?: (path: DrivePath, options: CallOptions) => Promise<Quota | undefined>;
  readonly downloadUrl?: (path: DrivePath, options: DownloadUrlOptions) => Promise<DownloadUrl | undefined>;

  constructor({ inner, policyOf, sideFiles }: JunkDriveOptions) {
    this.#inner = inner;
    this.#policyOf = policyOf;
    this.#side = sideFiles;
    if (inner.quota !== undefined) {
      this.quota = (path, options) => inner.quota!(path, options);
    }
    if (inner.downloadUrl !== undefined) {
      this.downloadUrl = async (path, options) =>
        (await this.#where(path, options)) === 'inner' ? inner.downloadUrl!(path, options) : undefined;
    }
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
    if (this.#sideEntry(path, where).kind === 'file') {
      throw new DriveError('is-file', `cannot list ${formatPath(path)}: it is a file`);
    }
    return this.#side.members(this.#place(path));
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const where = await this.#where(path, options);
    if (where === 'inner') {
      return this.#inner.read(path, options);
    }
    // In one step, so that no write comes between entry and bytes.
    const entry = this.#sideEntry(path, where);
    refuseFolder(path, entry);
    return this.#side.read(this.#place(path), { ...options, entry });
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const where = await this.#where(path, options);
    if (where === 'inner' || !this.#isKeptName(path)) {
      this.#refuseName(path, where);
      return this.#inner.write(path, body, options);
    }
    await this.#requireParent(path, options);
    this.#refuseReadOnly(path);
    refuseFolder(path, this.#side.entry(this.#place(path), baseName(path)));
    const isListed = this.#isInKeptFolder(path);
    const entry = await this.#side.write(this.#place(path), body, { ...options, name: baseName(path), isListed });
    return { entry, created: where === 'nowhere' };
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    const where = await this.#where(path, options);
    if (where === 'side' || where === 'pretended') {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: the name is taken`);
    }
    this.#refuseName(path, where);
    if (where === 'nowhere' && this.#isKeptName(path)) {
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
      this.#side.forget(this.#place(path));
      return;
    }
    this.#refuseName(path, where);
    await this.#inner.remove(path, options);
    whereThereIsRoom(() => this.#side.forget(this.#place(path)));
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    const where = await this.#where(from, options);
    if (where !== 'inner') {
      const isFolder = this.#sideEntry(from, where).kind === 'folder';
      return isFolder ? this.#copyKeptFolder(from, to, options) : this.#copyOut(from, to, options);
    }
    await this.#refuseTarget(from, to, options);
    const result = await this.#inner.copy(from, to, options);
    whereThereIsRoom(() =>
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
      whereThereIsRoom(() => this.#side.moved(place, this.#place(to)));
      return result;
    }
    this.#refuseReadOnly(from);
    const { kind } = this.#sideEntry(from, where);
    if (await this.#staysKept(to, options)) {
      return this.#moveKept(from, to, options);
    }
    refuseKeptFolderElsewhere(from, to, kind);
    const result = await this.#copyOut(from, to, options);
    this.#side.forget(place);
    return result;
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const where = await this.#where(path, options);
    if (where === 'inner') {
      return this.#inner.setTimes(path, times, options);
    }
    this.#refuseReadOnly(path);
    if (where === 'side') {
      this.#side.setTimes(this.#place(path), times);
    }
    return this.stat(path, options);
  }

  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    await this.#inner.prepare?.(path, options);
  }

  canonicalPath(path: DrivePath): DrivePath {
    return this.#inner.canonicalPath?.(path) ?? path;
  }

  companions(path: DrivePath): readonly DrivePath[] {
    const inner = this.#inner.companions?.(path) ?? [];
    const twin = path.length < TOP_DEPTH ? undefined : childPath(parentPath(path), twinName(baseName(path)));
    return twin !== undefined && !this.#isKeptName(path) && this.#isKept(twin) ? [...inner, twin] : inner;
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#inner.access?.(path) ?? 'write';
  }

  /** One look for all questions about a path. Junk names are looked up in the listing of their folder, which answers many of them. */
  async #where(path: DrivePath, options: LookOptions): Promise<Where> {
    if (this.#isInKeptFolder(path)) {
      return this.#isKept(path) ? 'side' : 'nowhere';
    }
    const policy = path.length === 0 ? undefined : this.#policyOf(baseName(path));
    if (policy === undefined || (policy === 'pretend' && path.length > TOP_DEPTH)) {
      return 'inner';
    }
    if (this.#isKept(path)) {
      return 'side';
    }
    if (await this.#isListed(path, options)) {
      return 'inner';
    }
    return policy === 'pretend' ? 'pretended' : 'nowhere';
  }

  async #isListed(path: DrivePath, { signal, fresh }: LookOptions): Promise<boolean> {
    const members = await this.#inner.list(parentPath(path), { signal, fresh }).catch((error: unknown) => {
      if (isDriveError(error, 'not-found', 'is-file')) {
        return [];
      }
      throw error;
    });
    const wanted = foldName(baseName(path));
    return members.some(({ name }) => name.length === wanted.length && foldName(name) === wanted);
  }

  /** What has no place in the inner drive: a kept name, and all that is in a kept folder. */
  #isKeptName(path: DrivePath): boolean {
    return path.length > 0 && (this.#policyOf(baseName(path)) === 'keep' || this.#isInKeptFolder(path));
  }

  #isInKeptFolder(path: DrivePath): boolean {
    for (let above = path; above.length > TOP_DEPTH; ) {
      above = parentPath(above);
      const name = baseName(above);
      if (this.#policyOf(name) === 'keep' && this.#side.entry(this.#place(above), name)?.kind === 'folder') {
        return true;
      }
    }
    return false;
  }

  #isKept(path: DrivePath): boolean {
    return this.#isKeptName(path) && this.#side.entry(this.#place(path), baseName(path)) !== undefined;
  }

  /** The entry of what is not in the inner drive. */
  #sideEntry(path: DrivePath, where: Exclude<Where, 'inner'>): Entry {
    const name = baseName(path);
    const entry = where === 'pretended' ? this.#side.pretended(name) : this.#side.entry(this.#place(path), name);
    if (entry === undefined || where === 'nowhere') {
      throw notFound(path);
    }
    return entry;
  }

  /** True when what goes to `to` goes into the side store. */
  async #staysKept(to: DrivePath, options: CallOptions): Promise<boolean> {
    return this.#isKeptName(to) && (await this.#where(to, options)) !== 'inner';
  }

  /** From one kept name to another: the file stays the same. */
  async #moveKept(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const isSamePlace = this.#place(from).join('/') === this.#place(to).join('/');
    if (isSamePlace && baseName(from) === baseName(to)) {
      throw new DriveError('forbidden', `cannot put ${formatPath(from)} at ${formatPath(to)}: it is there`);
    }
    this.#refuseReadOnly(to);
    await this.#requireParent(to, options);
    refuseInside(from, to, this.#place(from), this.#place(to));
    const target = isSamePlace ? undefined : await this.#freeTarget(to, options);
    this.#side.moved(this.#place(from), this.#place(to));
    this.#side.renamed(this.#place(to), { name: baseName(to), isListed: this.#isListedByName(to) });
    return { created: target === undefined };
  }

  /** A copy of a kept or pretended file, where its new name says: in the side store again, or as a real file in the inner drive. */
  async #copyOut(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const { signal } = options;
    const target = await this.#freeTarget(to, options);
    const { body, length, entry } = await this.read(from, { signal });
    await this.write(to, body, { signal, length, modified: entry.modified });
    return { created: target === undefined };
  }

  /** A folder stays where its like is kept, as it was made for a program's own use. */
  async #copyKeptFolder(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    if (!(await this.#staysKept(to, options))) {
      refuseKeptFolderElsewhere(from, to, 'folder');
    }
    this.#refuseReadOnly(to);
    await this.#requireParent(to, options);
    refuseInside(from, to, this.#place(from), this.#place(to));
    const target = await this.#freeTarget(to, options);
    if (options.depth === 0) {
      this.#side.makeFolder(this.#place(to), baseName(to));
    } else {
      this.#side.copied(this.#place(from), this.#place(to), { depth: 'infinity', hasTwin: true });
      this.#side.renamed(this.#place(to), { name: baseName(to), isListed: true });
    }
    return { created: target === undefined };
  }

  /** Folders have their name with them always; files where a kept folder lists them. */
  #isListedByName(path: DrivePath): boolean {
    return this.#isInKeptFolder(path) || this.#side.entry(this.#place(path), baseName(path))?.kind === 'folder';
  }

  /** What is at the target of such a transfer, to be written over. A folder would be gone before the write could fail. */
  async #freeTarget(to: DrivePath, { signal, overwrite }: TransferOptions): Promise<Entry | undefined> {
    const target = await this.stat(to, { signal }).catch(asAbsence);
    if (target !== undefined && !overwrite) {
      throw new DriveError('exists', `cannot put anything at ${formatPath(to)}: the name is taken`);
    }
    if (target?.kind === 'folder') {
      throw new DriveError('forbidden', `cannot replace the folder ${formatPath(to)} by a file of this kind`);
    }
    return target;
  }

  /** Refuses a name that a file or folder of the inner drive must not get. */
  async #refuseTarget(from: DrivePath, to: DrivePath, options: CallOptions): Promise<void> {
    const where = await this.#where(to, options);
    this.#refuseName(to, where);
    if (where !== 'inner' && this.#isKeptName(to)) {
      await this.#inner.stat(from, options);
      throw new DriveError(
        'forbidden',
        `cannot give anything the name ${baseName(to)}: such names are kept outside of OneDrive, and files of them may be dropped; choose another name`,
      );
    }
  }

  #refuseName(path: DrivePath, where: Where): void {
    if (where === 'pretended' || (where === 'nowhere' && this.#policyOf(baseName(path)) === 'refuse')) {
      throw new DriveError('forbidden', `cannot change ${formatPath(path)}: the rules for junk names refuse it`);
    }
  }

  async #requireParent(path: DrivePath, { signal }: CallOptions): Promise<void> {
    const parent = await this.stat(parentPath(path), { signal }).catch(asAbsence);
    if (parent?.kind !== 'folder') {
      throw new DriveError('no-parent', `cannot put anything at ${formatPath(path)}: its parent is not a folder`);
    }
  }

  #refuseReadOnly(path: DrivePath): void {
    if (this.access(path) !== 'write') {
      throw new DriveError('forbidden', `cannot change ${formatPath(path)}: it is read-only for this user`);
    }
  }

  #place(path: DrivePath): readonly string[] {
    return this.canonicalPath(path).map(foldName);
  }
}

/** What goes along with a change that is done already: to answer an error would deny that change. */
function whereThereIsRoom(follow: () => void): void {
  try {
    follow();
  } catch (error) {
    if (!isDriveError(error, 'quota') && !isDiskFull(error)) {
      throw error;
    }
  }
}

function notFound(path: DrivePath): DriveError {
  return new DriveError('not-found', `cannot find ${formatPath(path)}`);
}

function asAbsence(error: unknown): undefined {
  if (!isDriveError(error, 'not-found')) {
    throw error;
  }
}
