import type {
  CallOptions,
  CopyOptions,
  DownloadUrl,
  Drive,
  EntryTimes,
  ReadOptions,
  ReadResult,
  TransferOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry, Quota } from '../drive/entry.ts';
import { DriveError, isDriveError } from '../drive/errors.ts';
import { baseName, childPath, type DrivePath, foldName, formatPath, parentPath } from '../drive/path.ts';
import type { JunkPolicy } from './junk-rules.ts';
import { type SideFiles, twinName } from './side-files.ts';

export interface JunkDriveOptions {
  readonly inner: Drive;
  readonly policyOf: (name: string) => JunkPolicy | undefined;
  readonly sideFiles: SideFiles;
}

/** The top of a mount as a user sees it: the root of all mounts, and the folder of each. */
const TOP_DEPTH = 2;

/**
 * A drive whose junk names (`._x`, `.DS_Store`, …) are kept in a side store. The inner drive is never asked for such a name: whether it
 * has one after all, put there by other means, is looked up in the listing of the folder. Kept files are not listed, so that a folder
 * that holds nothing else is empty; `._x` moves, is copied and goes with `x`.
 */
export class JunkDrive implements Drive {
  readonly #inner: Drive;
  readonly #policyOf: JunkDriveOptions['policyOf'];
  readonly #side: SideFiles;
  /** There exactly when the inner drive has them. */
  readonly quota?: (path: DrivePath, options: CallOptions) => Promise<Quota | undefined>;
  readonly downloadUrl?: (path: DrivePath, options: CallOptions) => Promise<DownloadUrl | undefined>;

  constructor({ inner, policyOf, sideFiles }: JunkDriveOptions) {
    this.#inner = inner;
    this.#policyOf = policyOf;
    this.#side = sideFiles;
    if (inner.quota !== undefined) {
      this.quota = (path, options) => inner.quota!(path, options);
    }
    if (inner.downloadUrl !== undefined) {
      this.downloadUrl = async (path, options) =>
        this.#local(path) === undefined ? inner.downloadUrl!(path, options) : undefined;
    }
  }

  async stat(path: DrivePath, options: CallOptions): Promise<Entry> {
    if (this.#isPlain(path)) {
      return this.#inner.stat(path, options);
    }
    return this.#local(path) ?? (await this.#listedEntry(path, options)) ?? notFound(path);
  }

  async list(path: DrivePath, options: CallOptions): Promise<readonly Entry[]> {
    return this.#inner.list(path, options);
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const entry = this.#local(path);
    if (entry !== undefined) {
      return this.#side.read(this.#place(path), { entry, ...options });
    }
    await this.#refuseUnlisted(path, options);
    return this.#inner.read(path, options);
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    if (this.#policyOf(baseName(path)) !== 'keep') {
      this.#refuseRefused(path);
      return this.#inner.write(path, body, options);
    }
    await this.#requireParent(path, options);
    this.#refuseReadOnly(path);
    const old = this.#local(path) ?? (await this.#listedEntry(path, options));
    if (old?.kind === 'folder') {
      throw new DriveError('is-folder', `cannot write ${formatPath(path)}: it is a folder`);
    }
    const entry = await this.#side.write(this.#place(path), body, { ...options, name: baseName(path), old });
    return { entry, created: old === undefined };
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    this.#refuseRefused(path);
    if (this.#local(path) !== undefined) {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: the name is taken`);
    }
    return this.#inner.makeFolder(path, options);
  }

  async remove(path: DrivePath, options: CallOptions): Promise<void> {
    if (this.#isPlain(path)) {
      await this.#inner.remove(path, options);
      this.#side.forget(this.#place(path));
      return;
    }
    const isKept = this.#policyOf(baseName(path)) === 'keep' && this.#local(path) !== undefined;
    if (isKept) {
      this.#refuseReadOnly(path);
      this.#side.forget(this.#place(path));
    }
    if ((await this.#listedEntry(path, options)) !== undefined) {
      await this.#inner.remove(path, options);
    } else if (!isKept) {
      notFound(path);
    }
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    this.#refuseRefused(to);
    if (await this.#crosses(from, to, options)) {
      return this.#writeCopy(from, to, options);
    }
    await this.#refuseUnlisted(from, options);
    const result = await this.#inner.copy(from, to, options);
    this.#side.copied(this.#place(from), this.#place(to), options.depth);
    return result;
  }

  async move(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    this.#refuseRefused(to);
    const place = this.#place(from);
    if (this.#isSide(from) && this.#policyOf(baseName(to)) === 'keep') {
      return this.#moveInside(from, to, options);
    }
    if (await this.#crosses(from, to, options)) {
      this.#refuseReadOnly(from);
      const result = await this.#writeCopy(from, to, options);
      await this.remove(from, options);
      return result;
    }
    await this.#refuseUnlisted(from, options);
    const result = await this.#inner.move(from, to, options);
    this.#side.moved(place, this.#place(to));
    return result;
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const entry = this.#local(path);
    if (entry !== undefined) {
      this.#refuseReadOnly(path);
      return entry;
    }
    await this.#refuseUnlisted(path, options);
    return this.#inner.setTimes(path, times, options);
  }

  canonicalPath(path: DrivePath): DrivePath {
    return this.#inner.canonicalPath?.(path) ?? path;
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#inner.access?.(path) ?? 'write';
  }

  companions(path: DrivePath): readonly DrivePath[] {
    const inner = this.#inner.companions?.(path) ?? [];
    const twin = path.length === 0 ? undefined : childPath(parentPath(path), twinName(baseName(path)));
    return twin !== undefined && this.#isPlain(path) && this.#isSide(twin) ? [...inner, twin] : inner;
  }

  /** From one name of the side store to another: the file stays the same. */
  async #moveInside(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    this.#refuseReadOnly(from);
    this.#refuseReadOnly(to);
    await this.#requireParent(to, options);
    const target = await this.#freeTarget(to, options);
    this.#side.moved(this.#place(from), this.#place(to));
    return { created: target === undefined };
  }

  /** True when the bytes are in one store now and belong into the other: a file is kept where its name says. */
  async #crosses(from: DrivePath, to: DrivePath, { signal }: CallOptions): Promise<boolean> {
    if (this.#isSide(from)) {
      return true;
    }
    return this.#policyOf(baseName(to)) === 'keep' && (await this.stat(from, { signal })).kind === 'file';
  }

  /** A file of the side store goes where its new name says: into the side store again, or as a real file into the inner drive. */
  async #writeCopy(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    const { signal } = options;
    const target = await this.#freeTarget(to, options);
    const { body, length, entry } = await this.read(from, { signal });
    await this.write(to, body, { signal, length, modified: entry.modified });
    return { created: target === undefined };
  }

  /** What is at the target of a transfer; a folder makes room at once, a file when it is written over. */
  async #freeTarget(to: DrivePath, { signal, overwrite }: TransferOptions): Promise<Entry | undefined> {
    const target = await this.stat(to, { signal }).catch(asAbsence);
    if (target !== undefined && !overwrite) {
      throw new DriveError('exists', `cannot put anything at ${formatPath(to)}: the name is taken`);
    }
    if (target?.kind === 'folder') {
      await this.remove(to, { signal });
    }
    return target;
  }

  /** The entry that is here and not in the inner drive, if it is. Asks nobody. */
  #local(path: DrivePath): Entry | undefined {
    const policy = path.length === 0 ? undefined : this.#policyOf(baseName(path));
    if (policy === 'keep') {
      return this.#side.entry(this.#place(path), baseName(path));
    }
    return policy === 'pretend' && path.length <= TOP_DEPTH ? this.#side.pretended(baseName(path)) : undefined;
  }

  /** True when the bytes at `path` are in the side store. */
  #isSide(path: DrivePath): boolean {
    return path.length > 0 && this.#policyOf(baseName(path)) === 'keep' && this.#local(path) !== undefined;
  }

  #isPlain(path: DrivePath): boolean {
    const policy = path.length === 0 ? undefined : this.#policyOf(baseName(path));
    return policy === undefined || (policy === 'pretend' && path.length > TOP_DEPTH);
  }

  /** What the folder's listing says of a junk name: one listing answers all such questions for a while. */
  async #listedEntry(path: DrivePath, { signal }: CallOptions): Promise<Entry | undefined> {
    const wanted = foldName(baseName(path));
    const members = await this.#inner.list(parentPath(path), { signal }).catch((error: unknown) => {
      if (isDriveError(error, 'not-found', 'is-file')) {
        return [];
      }
      throw error;
    });
    return members.find(({ name }) => foldName(name) === wanted);
  }

  /** Lets a junk name through to the inner drive only when it is there. */
  async #refuseUnlisted(path: DrivePath, options: CallOptions): Promise<void> {
    if (!this.#isPlain(path) && (await this.#listedEntry(path, options)) === undefined) {
      notFound(path);
    }
  }

  async #requireParent(path: DrivePath, { signal }: CallOptions): Promise<void> {
    const parent = await this.#inner.stat(parentPath(path), { signal }).catch(asAbsence);
    if (parent?.kind !== 'folder') {
      throw new DriveError('no-parent', `cannot put anything at ${formatPath(path)}: its parent is not a folder`);
    }
  }

  #refuseRefused(path: DrivePath): void {
    if (this.#policyOf(baseName(path)) === 'refuse') {
      throw new DriveError('forbidden', `cannot make ${formatPath(path)}: the rules for junk names refuse it`);
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

function notFound(path: DrivePath): never {
  throw new DriveError('not-found', `cannot find ${formatPath(path)}`);
}

function asAbsence(error: unknown): undefined {
  if (!isDriveError(error, 'not-found')) {
    throw error;
  }
}
