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
  EntryTimes,
  LookOptions,
  ReadOptions,
  ReadResult,
  RestoreOptions,
  Scratch,
  SearchOptions,
  SyncTokenOptions,
  ThumbnailOptions,
  TransferOptions,
  TransferResult,
  WriteOptions,
} from '../drive/drive.ts';
import type { Entry, Quota } from '../drive/entry.ts';
import { DriveError } from '../drive/errors.ts';
import { childPath, type DrivePath, dropNames, joinPaths, parentPath, ROOT, toDrivePath } from '../drive/path.ts';
import type { DriveWithShortcuts, FollowedPath } from '../drive/shortcuts.ts';
import type { Details, FileVersion, SearchResult, Thumbnail, VersionRead } from '../drive/views.ts';
import { getDrive } from '../graph/drives.ts';
import { deleteItem, updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { KeyedLock } from '../lib/keyed-lock.ts';
import { closing, inOnePiece, translatingBody } from './bodies.ts';
import { DriveUploads } from './direct-uploads.ts';
import { DownloadUrls } from './download-urls.ts';
import type { Teller } from './drive-writes.ts';
import { changesTimes, explainClash } from './expectations.ts';
import { FileReader } from './file-reader.ts';
import { FileVersions } from './file-versions.ts';
import { FolderSync } from './folder-sync.ts';
import { FragmentSize } from './fragment-size.ts';
import { fromGraphError } from './from-graph-error.ts';
import { HostHabits } from './host-habits.ts';
import { toEntry } from './item.ts';
import { ItemSearch } from './item-search.ts';
import { KeptThumbnails } from './kept-thumbnails.ts';
import { type FolderParts, makeFolderAt } from './make-folder.ts';
import { MetadataCache } from './metadata-cache.ts';
import { isImpossible } from './names.ts';
import type { OneDriveOptions } from './onedrive-options.ts';
import { OpenDrive } from './open-drive.ts';
import { openThumbnail } from './open-thumbnail.ts';
import { Resolver } from './resolve.ts';
import { scratchName } from './swap.ts';
import { Transfers } from './transfers.ts';
import { translating } from './translating.ts';
import { writeFile } from './write-file.ts';
import type { BothPaths } from './write-target.ts';
import { WrittenPaths } from './written-paths.ts';

/** Returns a `Drive` for a drive of the tenant, or a folder of it. Makes no calls to Graph until it is used. */
export function createOneDriveDrive(options: OneDriveOptions): DriveWithShortcuts {
  return new OneDriveDrive(options);
}

class OneDriveDrive implements DriveWithShortcuts {
  readonly #options: OneDriveOptions & { readonly fragmentSize: FragmentSize };
  readonly #open: OpenDrive;
  readonly #cache: MetadataCache;
  readonly #resolver: Resolver;
  readonly #reader: FileReader;
  readonly #habits: HostHabits;
  readonly #thumbnails: KeptThumbnails;
  readonly #sync: FolderSync;
  readonly #transfers: Transfers;
  readonly #search: ItemSearch;
  readonly #versions: FileVersions;
  readonly #uploads: DriveUploads;
  readonly #parts: FolderParts;
  readonly #teller: Teller | undefined;
  /** Commits to one path run one after the other, so that their checks still hold. */
  readonly #commits = new KeyedLock();

  constructor(options: OneDriveOptions) {
    const { graph, clock, log } = options;
    const urls = options.urls ?? new DownloadUrls(clock);
    const written = new WrittenPaths();
    const doubt = (path: DrivePath) => {
      written.add(path);
      this.#cache.doubt(path);
    };
    this.#teller = options.writes?.join({ driveId: () => this.#open.pinned, doubt }, options.ended);
    this.#options = { ...options, fragmentSize: new FragmentSize(options.buffers.max) };
    this.#cache = new MetadataCache({
      ...options.cache,
      clock,
      ended: options.ended,
      feed: () => options.feeds?.of(this.#open.pinned),
      loadById: (id, signal) => this.#resolver.withId(id, signal),
      seen: item => urls.seen(item),
      written: path => {
        written.add(path);
        this.#teller?.written(path);
      },
      isCurrent: () => options.writes?.isCurrent() !== false,
    });
    this.#open = new OpenDrive({ ...options, onReplaced: () => this.#cache.forgetTree(ROOT) });
    this.#resolver = new Resolver({ graph, open: this.#open, cache: this.#cache, mounted: options.root });
    this.#habits = options.habits ?? new HostHabits(clock);
    this.#thumbnails = options.thumbnails ?? new KeptThumbnails(clock);
    this.#reader = new FileReader({
      ...{ graph, open: this.#open, resolver: this.#resolver },
      ...{ urls, habits: this.#habits, log },
    });
    const parts = { graph, open: this.#open, resolver: this.#resolver, cache: this.#cache };
    this.#parts = parts;
    this.#uploads = new DriveUploads({ ...parts, commits: this.#commits, direct: options.direct, log });
    this.#transfers = new Transfers({ ...parts, intents: options.intents, root: options.root });
    this.#search = new ItemSearch(parts);
    this.#versions = new FileVersions({ ...parts, reader: this.#reader, commits: this.#commits });
    this.#sync = new FolderSync({
      ...{ ...parts, written },
      journals: options.journals,
      toEntry: (full, item) => this.#toEntry(dropNames(full, options.root.length), item),
    });
  }

  async stat(path: DrivePath, { signal, fresh, beforeWrite, basis }: LookOptions): Promise<Entry> {
    return translating(signal, async () => {
      basis?.add(fresh || beforeWrite ? undefined : this.#habits.unchanged());
      const look = fresh ? 'fresh' : beforeWrite ? 'itemForWrite' : 'item';
      return this.#toEntry(path, await this.#resolver[look](this.#full(path), signal, basis));
    });
  }

  async list(path: DrivePath, { signal, fresh, basis }: LookOptions): Promise<readonly Entry[]> {
    return translating(signal, async () => {
      basis?.add(fresh ? undefined : this.#habits.unchanged());
      const items = await this.#resolver[fresh ? 'freshMembers' : 'members'](this.#full(path), signal, basis);
      return items.map(item => this.#toEntry(childPath(path, item.name), item));
    });
  }

  async read(path: DrivePath, { signal, range }: ReadOptions): Promise<ReadResult> {
    return translating(signal, async () => {
      const { item, length, body, close } = await this.#reader.open(this.#full(path), { signal, range });
      return { entry: this.#toEntry(path, item), length, body: closing(translatingBody(body), close) };
    });
  }

  async write(
    path: DrivePath,
    body: AsyncIterable<Uint8Array>,
    options: WriteOptions,
  ): Promise<{ entry: Entry; created: boolean }> {
    return this.#changing(options.signal, async () => {
      const parts = { ...this.#parts, options: this.#options, commits: this.#commits };
      const { item, created } = await writeFile(parts, this.#both(path), body, options);
      return { entry: this.#toEntry(path, item), created };
    });
  }

  async makeFolder(path: DrivePath, { signal }: CallOptions): Promise<Entry> {
    return this.#changing(signal, async () => {
      const item = await makeFolderAt(this.#parts, this.#both(path), signal);
      return this.#toEntry(path, item);
    });
  }

  async remove(path: DrivePath, { signal }: CallOptions): Promise<void> {
    return this.#changing(signal, async () => {
      if (path.length === 0) {
        throw new DriveError('forbidden', 'cannot remove the root');
      }
      const full = this.#full(path);
      const { id } = await this.#resolver.item(full, signal);
      const driveId = await this.#open.id(signal);
      try {
        await deleteItem(this.#options.graph.call, { driveId, id }, signal);
      } catch (error) {
        this.#cache.forgetTree(full);
        throw explainClash(fromGraphError(error), 'any');
      }
      this.#cache.remove(full);
    });
  }

  async copy(from: DrivePath, to: DrivePath, options: CopyOptions): Promise<TransferResult> {
    return this.#changing(options.signal, () => this.#transfers.copy(from, to, options));
  }

  async move(from: DrivePath, to: DrivePath, options: TransferOptions): Promise<TransferResult> {
    return this.#changing(options.signal, () => this.#transfers.move(from, to, options));
  }

  async setTimes(path: DrivePath, times: EntryTimes, { signal }: CallOptions): Promise<Entry> {
    return this.#changing(signal, async () => {
      const full = this.#full(path);
      const item = await this.#resolver.item(full, signal);
      if (times.modified !== undefined) {
        this.#cache.forgetMembersChanged(full);
      }
      if (!changesTimes(item, times)) {
        return this.#toEntry(path, item);
      }
      const place = { driveId: await this.#open.id(signal), id: item.id };
      const changed = await updateItem(this.#options.graph.call, place, { times }, signal).catch((error: unknown) => {
        this.#cache.forgetTree(full);
        throw explainClash(fromGraphError(error), 'any');
      });
      this.#cache.put(full, changed);
      return this.#toEntry(path, changed);
    });
  }

  async changes(path: DrivePath, options: ChangesOptions): Promise<Changes> {
    return translating(options.signal, async () => this.#sync.changes(this.#full(path), options));
  }

  async syncToken(path: DrivePath, options: SyncTokenOptions): Promise<string | undefined> {
    return translating(options.signal, async () => this.#sync.token(this.#full(path), options));
  }

  tellsChanges(): boolean {
    return this.#sync.isSupported;
  }

  async search(path: DrivePath, text: string, { limit, signal }: SearchOptions): Promise<SearchResult> {
    return translating(signal, async () => {
      const full = this.#full(path);
      const { hits, hasMore } = await this.#search.search(full, { text, limit, signal });
      const toHit = (hit: (typeof hits)[number]) => {
        const names = dropNames(hit.path, full.length);
        return { names, entry: this.#toEntry(joinPaths(path, names), hit.item) };
      };
      return { hits: hits.map(toHit), hasMore };
    });
  }

  async details(path: DrivePath, { signal }: CallOptions): Promise<Details> {
    return translating(signal, async () => {
      const { item, authors } = await this.#resolver.withAuthors(this.#full(path), signal);
      return { entry: this.#toEntry(path, item), ...authors };
    });
  }

  async thumbnail(path: DrivePath, options: ThumbnailOptions): Promise<Thumbnail | undefined> {
    return translating(options.signal, async () => {
      const opened = await openThumbnail({ ...this.#parts, kept: this.#thumbnails }, this.#full(path), options);
      if (opened === undefined) {
        return undefined;
      }
      const { item, contentType, bytes } = opened;
      return { entry: this.#toEntry(path, item), contentType, length: bytes.length, body: inOnePiece(bytes) };
    });
  }

  async versions(path: DrivePath, { signal }: CallOptions): Promise<readonly FileVersion[]> {
    return translating(signal, () => this.#versions.list(this.#full(path), signal));
  }

  async readVersion(path: DrivePath, id: string, { signal }: CallOptions): Promise<VersionRead> {
    return translating(signal, async () => {
      const { version, length, body, close } = await this.#versions.open(this.#full(path), id, signal);
      return { version, length, body: closing(translatingBody(body), close) };
    });
  }

  async restoreVersion(path: DrivePath, id: string, options: RestoreOptions): Promise<Entry> {
    return this.#changing(options.signal, async () =>
      this.#toEntry(path, await this.#versions.restore(this.#full(path), id, options)),
    );
  }

  async openUpload(path: DrivePath, options: OpenUploadOptions): Promise<OpenedUpload | undefined> {
    return this.#changing(options.signal, () => this.#uploads.open(this.#both(path), options));
  }

  async commitUpload(path: DrivePath, options: CommitUploadOptions): Promise<{ entry: Entry; created: boolean }> {
    return this.#changing(options.signal, async () => {
      const { item, created } = await this.#uploads.commit(this.#both(path), options);
      return { entry: this.#toEntry(path, item), created };
    });
  }

  async uploadStatus(path: DrivePath, options: UploadOptions): Promise<UploadProgress> {
    return translating(options.signal, () => this.#uploads.status(this.#both(path), options));
  }

  async cancelUpload(path: DrivePath, options: UploadOptions): Promise<void> {
    await this.#changing(options.signal, () => this.#uploads.cancel(this.#both(path), options));
  }

  /** Returns a temporary name beside `path`, for an item that is moved to `path` once it is complete. */
  async scratch(path: DrivePath, { signal }: CallOptions): Promise<Scratch> {
    return translating(signal, async () => {
      const { graph, intents } = this.#options;
      const parent = await this.#resolver.parent(this.#full(path), signal);
      const [driveId, name] = [await this.#open.id(signal), scratchName()];
      const plan = { kind: 'scratch', driveId, parentId: parent.id, name, mayAppearUntil: graph.clock.now() } as const;
      const id = await intents.begin(plan);
      const end = async (isGone: boolean) => (isGone ? intents.end(id) : intents.leave(id));
      return { path: childPath(parentPath(path), name), end };
    });
  }

  async follow(path: DrivePath, { signal }: CallOptions): Promise<FollowedPath | undefined> {
    return translating(signal, async () => {
      const full = this.#full(path);
      const shortcut = isImpossible(full) ? undefined : await this.#resolver.shortcut(full, signal);
      const start = await this.#options.shortcuts?.open(shortcut?.item.target, signal);
      const rest = dropNames(full, shortcut?.depth ?? 0);
      return start && { drive: start.drive, path: joinPaths(start.path, rest), depth: path.length - rest.length };
    });
  }

  /** Finds the drive, unless its id is known. */
  async prepare(_path: DrivePath, { signal }: CallOptions): Promise<void> {
    await translating(signal, async () => this.#open.id(signal));
  }

  /** Uses the drive's id once it is known: a mailbox can change its address and be mounted under two of its names. */
  canonicalPath(path: DrivePath): DrivePath {
    return joinPaths(toDrivePath([`onedrive:${this.#open.name()}`]), this.#full(path));
  }

  /** Returns nothing: OneDrive keeps no files beside its entries. */
  async companions(): Promise<readonly DrivePath[]> {
    return [];
  }

  access(): 'read' | 'write' {
    return 'write';
  }

  async quota(_path: DrivePath, { signal }: CallOptions): Promise<Quota | undefined> {
    return translating(signal, async () => {
      const { used, remaining, total } = await getDrive(this.#options.graph.call, await this.#open.id(signal), signal);
      // Some tenants return only zeros, which means that the quota is unknown.
      return used === undefined || !total ? undefined : { used, available: remaining };
    });
  }

  async downloadUrl(path: DrivePath, options: DownloadUrlOptions): Promise<DownloadUrl> {
    return translating(options.signal, async () => {
      const { item, url } = await this.#reader.address(this.#full(path), options);
      return { entry: this.#toEntry(path, item), url: this.#options.graph.checkContentUrl(url) };
    });
  }

  /** What has changed is known to all that remember the drive before the caller goes on. */
  async #changing<T>(signal: AbortSignal, change: () => Promise<T>): Promise<T> {
    try {
      return await translating(signal, change);
    } finally {
      await this.#teller?.told();
    }
  }

  #both(path: DrivePath): BothPaths {
    return { path, full: this.#full(path) };
  }

  #full(path: DrivePath): DrivePath {
    return joinPaths(this.#options.root, path);
  }

  #toEntry(path: DrivePath, item: DriveItem): Entry {
    const entry = toEntry(this.#habits.withSize(item), path.length === 0);
    const changed = item.kind === 'folder' ? this.#cache.membersChanged(this.#full(path)) : undefined;
    return changed === undefined || changed <= entry.modified ? entry : { ...entry, modified: changed };
  }
}
