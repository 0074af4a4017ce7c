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
import { DriveError, isDriveError } from '../drive/errors.ts';
import { type DrivePath, dropNames, foldName, formatPath, joinPaths, toDrivePath } from '../drive/path.ts';
import type { Details, FileVersion, SearchResult, Thumbnail, VersionRead } from '../drive/views.ts';
import { copyBetween, moveBetween, type Place } from './transfer-between.ts';

export interface Mount {
  /** The name of its folder in the root. */
  readonly name: string;
  readonly drive: Drive;
}

/** The mounts below one root, as they are now. Names are compared folded (`foldName`). */
export interface Mounts {
  /** Returns the names of all mounts, in one list until they or the user's rights change. Throws `unavailable` while there may be unknown ones. */
  names(): readonly string[];
  /** Returns the mount with a name. Throws `unavailable` while it is not known whether there is one. */
  find(name: string): Mount | undefined;
  /** Returns the mount with a name, if it is known: the same object until it or the user's rights to it change. */
  peek(name: string): Mount | undefined;
  /** Returns the only mount, if there is certainly no other. */
  only(): Mount | undefined;
  /** When a mount last came or went. */
  readonly changed: Date;
}

/** Returns a root whose mounts never change. */
export function fixedMounts(mounts: readonly Mount[], since: Date): Mounts {
  const byName = new Map(mounts.map(mount => [foldName(mount.name), mount]));
  const find = (name: string) => byName.get(name);
  const only = () => (mounts.length === 1 ? mounts[0] : undefined);
  const names = mounts.map(({ name }) => name);
  return { names: () => names, find, peek: find, only, changed: since };
}

/** No mount has this name: it is reserved for the server's own pages. */
const NO_MOUNT = toDrivePath(['-']);

/** Several drives as folders of one root. The root is in memory: listing it calls none of them. */
export class MountedDrive implements Drive {
  readonly #mounts: Mounts;
  readonly #since: Date;

  constructor(mounts: Mounts, since: Date) {
    this.#mounts = mounts;
    this.#since = since;
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    if (path.length === 0) {
      // Finder looks for new names only in a folder whose date has changed.
      const { changed } = this.#mounts;
      options.basis?.found(() => this.#mounts.changed === changed);
      return folder('', 'root', changed);
    }
    const { drive, path: inner } = this.#routeLook(path, options);
    const entry = await drive.stat(inner, options);
    return inner.length === 0 ? { ...entry, name: this.#mountOf(path).name } : entry;
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    if (path.length === 0) {
      const names = this.#mounts.names();
      options.basis?.found(() => this.#hasNames(names));
      return names.map(name => folder(name, `mount-${name}`, this.#since));
    }
    const { drive, path: inner } = this.#routeLook(path, options);
    return drive.list(inner, options);
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const { drive, path: inner } = this.#routeFile(path, 'read');
    return drive.read(inner, options);
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const { drive, path: inner } = this.#routeFile(path, 'write');
    return drive.write(inner, body, options);
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    if (path.length === 0 || (path.length === 1 && this.#find(path) !== undefined)) {
      throw new DriveError('exists', `cannot create ${formatPath(path)}: it exists`);
    }
    const { drive, path: inner } = this.#routeInside(path, 'no-parent');
    return drive.makeFolder(inner, options);
  }

  async remove(path: DrivePath, options: CallOptions): Promise<void> {
    const { drive, path: inner } = this.#routeInside(path, 'not-found');
    return drive.remove(inner, options);
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    const [source, target] = [this.#route(from), this.#routeInside(to, 'no-parent')];
    if (source.drive === target.drive) {
      return source.drive.copy(source.path, target.path, options);
    }
    const { created } = await copyBetween(source, target, options);
    return { created };
  }

  async move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult> {
    const [source, target] = [this.#routeInside(from, 'not-found'), this.#routeInside(to, 'no-parent')];
    if (source.drive === target.drive) {
      return source.drive.move(source.path, target.path, options);
    }
    return moveBetween(source, target, options);
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const { drive, path: inner } = this.#routeInside(path, 'not-found');
    return drive.setTimes(inner, times, options);
  }

  /** Does nothing where there is no mount: the operation itself reports that. */
  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    await this.#find(path)?.drive.prepare(dropNames(path, 1), options);
  }

  canonicalPath(path: DrivePath): DrivePath {
    const mount = this.#mounts.peek(foldName(path[0] ?? ''));
    if (mount === undefined) {
      // A client's path must not equal the canonical path of an entry that it may not see.
      return path.length === 0 ? path : joinPaths(NO_MOUNT, path);
    }
    return mount.drive.canonicalPath(dropNames(path, 1));
  }

  async companions(path: DrivePath): Promise<readonly DrivePath[]> {
    const mount = this.#mounts.peek(foldName(path[0] ?? ''));
    const inner = (await mount?.drive.companions(dropNames(path, 1))) ?? [];
    return inner.map(companion => inMountOf(path, companion));
  }

  /** Returns `read` for the root, whose members only the operator changes. */
  access(path: DrivePath): 'read' | 'write' {
    const mount = this.#mounts.peek(foldName(path[0] ?? ''));
    return mount === undefined ? 'read' : mount.drive.access(dropNames(path, 1));
  }

  async quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined> {
    if (path.length === 0) {
      // Several drives have no single figure that a client could trust.
      return this.#mounts.only()?.drive.quota(path, options);
    }
    const { drive, path: inner } = this.#route(path);
    return drive.quota(inner, options);
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined> {
    this.#routeFile(path, 'read');
    const { drive, path: inner } = this.#routeLook(path, options);
    return drive.downloadUrl(inner, options);
  }

  /** Unsupported for the root: mounts are in the configuration, and each is a drive of its own. */
  async changes(path: DrivePath, options: ChangesOptions): Promise<Changes> {
    if (path.length === 0) {
      return { kind: 'unsupported' };
    }
    const { drive, path: inner } = this.#route(path);
    return drive.changes(inner, options);
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined> {
    if (path.length === 0) {
      return undefined;
    }
    const { drive, path: inner } = this.#route(path);
    return drive.syncToken(inner, options);
  }

  tellsChanges(path: DrivePath): boolean {
    const mount = this.#mounts.peek(foldName(path[0] ?? ''));
    return mount?.drive.tellsChanges(dropNames(path, 1)) ?? false;
  }

  /** Undefined for the root: each mount has an index of its own. */
  async search(path: DrivePath, text: string, options: SearchOptions): Promise<SearchResult | undefined> {
    if (path.length === 0) {
      return undefined;
    }
    const { drive, path: inner } = this.#route(path);
    return drive.search(inner, text, options);
  }

  async details(path: DrivePath, options: CallOptions): Promise<Details | undefined> {
    if (path.length === 0) {
      return undefined;
    }
    const { drive, path: inner } = this.#route(path);
    const details = await drive.details(inner, options);
    return details !== undefined && inner.length === 0
      ? { ...details, entry: { ...details.entry, name: this.#mountOf(path).name } }
      : details;
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    const { drive, path: inner } = this.#routeFile(path, 'read');
    return drive.thumbnail(inner, options);
  }

  async versions(path: DrivePath, options: CallOptions): Promise<readonly FileVersion[] | undefined> {
    const { drive, path: inner } = this.#routeFile(path, 'read');
    return drive.versions(inner, options);
  }

  async readVersion(path: DrivePath, id: string, options: CallOptions): Promise<VersionRead | undefined> {
    const { drive, path: inner } = this.#routeFile(path, 'read');
    return drive.readVersion(inner, id, options);
  }

  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry | undefined> {
    const { drive, path: inner } = this.#routeFile(path, 'read');
    return drive.restoreVersion(inner, id, options);
  }

  async openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    const { drive, path: inner } = this.#routeFile(path, 'write');
    return drive.openUpload(inner, options);
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }> {
    const { drive, path: inner } = this.#routeFile(path, 'write');
    return drive.commitUpload(inner, options);
  }

  async uploadStatus(path: DrivePath, options: UploadOptions): Promise<UploadProgress> {
    const { drive, path: inner } = this.#routeFile(path, 'write');
    return drive.uploadStatus(inner, options);
  }

  async cancelUpload(path: DrivePath, options: UploadOptions): Promise<void> {
    const { drive, path: inner } = this.#routeFile(path, 'write');
    return drive.cancelUpload(inner, options);
  }

  async scratch(path: DrivePath, options: CallOptions): Promise<Scratch> {
    const { drive, path: inner } = this.#routeInside(path, 'no-parent');
    const scratch = await drive.scratch(inner, options);
    return { path: inMountOf(path, scratch.path), end: isGone => scratch.end(isGone) };
  }

  #find(path: DrivePath): Mount | undefined {
    return this.#mounts.find(foldName(path[0] ?? ''));
  }

  #mountOf(path: DrivePath): Mount {
    const mount = this.#find(path);
    if (mount === undefined) {
      throw new DriveError('not-found', `cannot find ${formatPath(path)}: there is no such mount`);
    }
    return mount;
  }

  #route(path: DrivePath): Place {
    return { drive: this.#mountOf(path).drive, path: dropNames(path, 1) };
  }

  /** Routes a look, which rests on the mount as well: another one may get its name, or the user other rights to it. */
  #routeLook(path: DrivePath, { basis }: LookOptions): Place {
    const mount = this.#mountOf(path);
    const name = foldName(path[0]!);
    basis?.add(() => this.#mounts.peek(name) === mount);
    return { drive: mount.drive, path: dropNames(path, 1) };
  }

  /** Returns true when `names` are those of all mounts; the list is the same as long as they are. */
  #hasNames(names: readonly string[]): boolean {
    try {
      return this.#mounts.names() === names;
    } catch (error) {
      if (isDriveError(error)) {
        return false;
      }
      throw error;
    }
  }

  /** Routes an operation on a file: the root and the mounts' folders are not files. */
  #routeFile(path: DrivePath, action: 'read' | 'write'): Place {
    if (path.length === 0 || (path.length === 1 && this.#find(path) !== undefined)) {
      throw new DriveError('is-folder', `cannot ${action} ${formatPath(path)}: it is a folder`);
    }
    return action === 'read' ? this.#route(path) : this.#routeInside(path, 'no-parent');
  }

  /** Routes a change, which must be below a mount. `missing` is the error code when there is no such mount. */
  #routeInside(path: DrivePath, missing: 'not-found' | 'no-parent'): Place {
    if (path.length <= 1) {
      throw new DriveError('forbidden', `cannot change ${formatPath(path)}: mounts are made in the configuration`);
    }
    if (this.#find(path) === undefined) {
      throw new DriveError(missing, `cannot find a mount for ${formatPath(path)}`);
    }
    return this.#route(path);
  }
}

/** Returns `inner`, a path in the drive of `path`, as seen from the root. */
function inMountOf(path: DrivePath, inner: DrivePath): DrivePath {
  return joinPaths(toDrivePath(path.slice(0, 1)), inner);
}

/** Returns a folder that exists only in the server. */
export function folder(name: string, id: string, at: Date): Entry {
  const date = new Date(Math.floor(at.getTime() / 1000) * 1000);
  return {
    kind: 'folder',
    name,
    id,
    etag: `${encodeURIComponent(id)}-${date.getTime()}`,
    size: 0,
    created: date,
    modified: date,
  };
}
