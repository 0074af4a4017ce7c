import type { Change, Changes } from '../drive/changes.ts';
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
import { isDriveError } from '../drive/errors.ts';
import {
  baseName,
  childPath,
  type DrivePath,
  dropNames,
  joinPaths,
  parentPath,
  pathKey,
  toDrivePath,
} from '../drive/path.ts';
import type { DriveWithShortcuts } from '../drive/shortcuts.ts';
import type { Details, FileVersion, SearchResult, Thumbnail, VersionRead } from '../drive/views.ts';
import { copyBetween, moveBetween, type Place } from './transfer-between.ts';

/** The place that a path leads to. */
interface Led extends Place {
  /** The path leads to a shortcut, and this is its target. */
  readonly isShortcut: boolean;
}

/**
 * A drive that follows shortcuts, one step far: a target is read and written in its own drive. Removing or moving a
 * shortcut affects only the shortcut; the entry shown has the shortcut's name and id. Locks are those of the target
 * (`canonicalPath`).
 */
export class FollowingDrive implements Drive {
  readonly #drive: DriveWithShortcuts;
  /** The targets of shortcuts by path key, as `prepare` last saw them. */
  readonly #targets = new Map<string, Place>();

  constructor(drive: DriveWithShortcuts) {
    this.#drive = drive;
  }

  async stat(path: DrivePath, options: LookOptions): Promise<Entry> {
    const led = await this.#through(path, options);
    if (!led.isShortcut) {
      return seenBelow([await led.drive.stat(led.path, options)], options)[0]!;
    }
    const own = await this.#drive.stat(path, options);
    return own.kind === 'folder' ? own : shownAs(own, await led.drive.stat(led.path, options));
  }

  async list(path: DrivePath, options: LookOptions): Promise<readonly Entry[]> {
    const { drive, path: inner } = await this.#through(path, options);
    const entries = seenBelow(await drive.list(inner, options), options);
    if (drive !== this.#drive) {
      return entries;
    }
    const isShownByTarget = ({ isShortcut, kind }: Entry) => isShortcut === true && kind === 'file';
    return Promise.all(
      entries.map(entry =>
        isShownByTarget(entry) ? this.#statOrOwn(childPath(path, entry.name), entry, options) : entry,
      ),
    );
  }

  async read(path: DrivePath, options: ReadOptions): Promise<ReadResult> {
    const led = await this.#through(path, options);
    const result = await led.drive.read(led.path, options);
    return this.#withOwnName(path, { led, result }, options);
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    const led = await this.#through(path, options);
    const result = await led.drive.write(led.path, body, options);
    return led.isShortcut ? { ...result, entry: await this.#shown(path, result.entry, options) } : result;
  }

  async makeFolder(path: DrivePath, options: CallOptions): Promise<Entry> {
    const { drive, path: inner } = await this.#at(path, options);
    return drive.makeFolder(inner, options);
  }

  async remove(path: DrivePath, options: CallOptions): Promise<void> {
    const { drive, path: inner } = await this.#at(path, options);
    return drive.remove(inner, options);
  }

  /** Copies the target of a shortcut, not the shortcut itself. */
  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    const [source, target] = [await this.#through(from, options), await this.#at(to, options)];
    if (source.drive === target.drive) {
      return source.drive.copy(source.path, target.path, options);
    }
    const { created } = await copyBetween(source, target, options);
    return { created };
  }

  async move(from: DrivePath, to: DrivePath, options: MoveOptions): Promise<TransferResult> {
    const [source, target] = [await this.#at(from, options), await this.#at(to, options)];
    if (source.drive === target.drive) {
      return source.drive.move(source.path, target.path, options);
    }
    return moveBetween(source, target, options);
  }

  async setTimes(path: DrivePath, times: EntryTimes, options: CallOptions): Promise<Entry> {
    const led = await this.#through(path, options);
    if (!led.isShortcut) {
      return led.drive.setTimes(led.path, times, options);
    }
    const own = await this.#drive.stat(path, options);
    return own.kind === 'folder'
      ? this.#drive.setTimes(path, times, options)
      : shownAs(own, await led.drive.setTimes(led.path, times, options));
  }

  async quota(path: DrivePath, options: CallOptions): Promise<Quota | undefined> {
    const { drive, path: inner } = await this.#through(path, options);
    return drive.quota(inner, options);
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl | undefined> {
    const led = await this.#through(path, options);
    return this.#withOwnName(path, { led, result: await led.drive.downloadUrl(led.path, options) }, options);
  }

  /**
   * Reports the changes of the folder in its own drive. A shortcut to a folder is `elsewhere`. A shortcut to a file
   * shows its target, whose changes are in the feed of another drive and are not reported.
   */
  async changes(path: DrivePath, options: ChangesOptions): Promise<Changes> {
    const { drive, path: inner } = await this.#through(path, options);
    const told = await drive.changes(inner, options);
    if (drive !== this.#drive || told.kind !== 'changes') {
      return told;
    }
    const changes = await Promise.all(told.changes.map(change => this.#asShown(path, change, options)));
    return { ...told, changes };
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined> {
    const { drive, path: inner } = await this.#through(path, options);
    return drive.syncToken(inner, options);
  }

  tellsChanges(path: DrivePath): boolean {
    return this.#drive.tellsChanges(path);
  }

  /** Searches the drive that the folder is in. What shortcuts below it lead to is in the index of another drive. */
  async search(path: DrivePath, text: string, options: SearchOptions): Promise<SearchResult | undefined> {
    const { drive, path: inner } = await this.#through(path, options);
    return drive.search(inner, text, options);
  }

  async details(path: DrivePath, options: CallOptions): Promise<Details | undefined> {
    const led = await this.#through(path, options);
    return this.#withOwnName(path, { led, result: await led.drive.details(led.path, options) }, options);
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    const led = await this.#through(path, options);
    return this.#withOwnName(path, { led, result: await led.drive.thumbnail(led.path, options) }, options);
  }

  async versions(path: DrivePath, options: CallOptions): Promise<readonly FileVersion[] | undefined> {
    const { drive, path: inner } = await this.#through(path, options);
    return drive.versions(inner, options);
  }

  async readVersion(path: DrivePath, id: string, options: CallOptions): Promise<VersionRead | undefined> {
    const { drive, path: inner } = await this.#through(path, options);
    return drive.readVersion(inner, id, options);
  }

  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry | undefined> {
    const led = await this.#through(path, options);
    const entry = await led.drive.restoreVersion(led.path, id, options);
    return entry !== undefined && led.isShortcut ? this.#shown(path, entry, options) : entry;
  }

  /** A write through a shortcut to a file goes through this server, as each look at it does. */
  async openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    const led = await this.#through(path, options);
    return led.isShortcut ? undefined : led.drive.openUpload(led.path, options);
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }> {
    const { drive, path: inner } = await this.#at(path, options);
    return drive.commitUpload(inner, options);
  }

  async uploadStatus(path: DrivePath, options: UploadOptions): Promise<UploadProgress> {
    const { drive, path: inner } = await this.#at(path, options);
    return drive.uploadStatus(inner, options);
  }

  async cancelUpload(path: DrivePath, options: UploadOptions): Promise<void> {
    const { drive, path: inner } = await this.#at(path, options);
    return drive.cancelUpload(inner, options);
  }

  async scratch(path: DrivePath, options: CallOptions): Promise<Scratch> {
    const { drive, path: inner } = await this.#at(path, options);
    const scratch = await drive.scratch(inner, options);
    return { ...scratch, path: childPath(parentPath(path), baseName(scratch.path)) };
  }

  async prepare(path: DrivePath, options: CallOptions): Promise<void> {
    await this.#drive.prepare(path, options);
    const { drive, path: inner } = await this.#through(path, options);
    await drive.prepare(inner, options);
  }

  canonicalPath(path: DrivePath): DrivePath {
    for (const depth of path.keys().toArray().reverse()) {
      const target = this.#targets.get(pathKey(toDrivePath(path.slice(0, depth + 1))));
      if (target !== undefined) {
        const inner = joinPaths(target.path, dropNames(path, depth + 1));
        return target.drive.canonicalPath(inner);
      }
    }
    return this.#drive.canonicalPath(path);
  }

  async companions(path: DrivePath): Promise<readonly DrivePath[]> {
    return this.#drive.companions(path);
  }

  access(path: DrivePath): 'read' | 'write' {
    return this.#drive.access(path);
  }

  /** Returns the place of `path`, following a shortcut at its end too. */
  async #through(path: DrivePath, { signal, basis }: LookOptions): Promise<Led> {
    const followed = await this.#drive.follow(path, { signal });
    if (followed !== undefined) {
      // Nothing tells when a target becomes another one.
      basis?.add(undefined);
    }
    this.#remember(path, followed);
    return followed === undefined
      ? { drive: this.#drive, path, isShortcut: false }
      : { drive: followed.drive, path: followed.path, isShortcut: followed.depth === path.length };
  }

  /** Returns the place of `path`, without following a shortcut at its end. */
  async #at(path: DrivePath, options: CallOptions): Promise<Place> {
    const led = await this.#through(path, options);
    return led.isShortcut ? { drive: this.#drive, path } : led;
  }

  #remember(path: DrivePath, followed: { drive: Drive; path: DrivePath; depth: number } | undefined): void {
    for (const depth of path.keys()) {
      this.#targets.delete(pathKey(toDrivePath(path.slice(0, depth + 1))));
    }
    if (followed !== undefined && followed.depth > 0) {
      const { drive, depth } = followed;
      const rest = path.length - depth;
      const target = toDrivePath(followed.path.slice(0, followed.path.length - rest));
      this.#targets.set(pathKey(toDrivePath(path.slice(0, depth))), { drive, path: target });
    }
  }

  /** Gives the entry of a result the name and the id of the shortcut that has led to it. */
  async #withOwnName<T extends { readonly entry: Entry } | undefined>(
    path: DrivePath,
    { led, result }: { led: Led; result: T },
    options: CallOptions,
  ): Promise<T> {
    return result !== undefined && led.isShortcut
      ? { ...result, entry: await this.#shown(path, result.entry, options) }
      : result;
  }

  async #shown(path: DrivePath, entry: Entry, { signal }: CallOptions): Promise<Entry> {
    return shownAs(await this.#drive.stat(path, { signal }), entry);
  }

  async #asShown(folder: DrivePath, change: Change, options: CallOptions): Promise<Change> {
    if (change.state !== 'present' || change.entry.isShortcut !== true || change.entry.kind !== 'file') {
      return change;
    }
    const path = joinPaths(folder, toDrivePath(change.names));
    return { ...change, entry: await this.#statOrOwn(path, change.entry, options) };
  }

  /** Returns the target's entry, or the shortcut's own when the target is missing or forbidden. */
  async #statOrOwn(path: DrivePath, own: Entry, options: LookOptions): Promise<Entry> {
    return this.stat(path, options).catch((error: unknown) => {
      if (isDriveError(error, 'not-found', 'forbidden')) {
        return own;
      }
      throw error;
    });
  }
}

/** What is shown of a shortcut rests on its target as well, and nothing tells when that becomes another one. */
function seenBelow(entries: readonly Entry[], { basis }: LookOptions): readonly Entry[] {
  if (entries.some(({ isShortcut }) => isShortcut === true)) {
    basis?.add(undefined);
  }
  return entries;
}

/** Returns the target's entry with the shortcut's name and id. */
function shownAs({ name, id }: Entry, target: Entry): Entry {
  return { ...target, name, id };
}
