import type { Blob } from './blob-store.ts';
import { type Counts, DriveCounters } from './drive-counters.ts';
import { DriveReader, type Item, notFound, type Place } from './drive-reader.ts';
import { Ghosts } from './ghosts.ts';
import { GraphFault } from './graph-error.ts';
import { driveId, ROOT_GUID } from './ids.ts';
import { foldName } from './names.ts';
import type { Database } from './store/database.ts';
import { type ItemKind, ItemStore, type VersionRow } from './store/item-store.ts';

/** Milliseconds since 1970. */
export interface FileSystemInfo {
  readonly created?: number;
  readonly modified?: number;
}

/** Graph's `identitySet`: who created or changed something. */
export type IdentitySet = Readonly<Record<string, { readonly id?: string; readonly displayName: string }>>;

/** The time and the author of an action. */
export interface Act {
  readonly now: number;
  readonly by: IdentitySet;
}

export interface DriveSpec {
  readonly siteId: string;
  readonly webId: string;
  readonly listId: string;
  readonly quotaBytes: number;
  readonly now: number;
}

export interface NewContent extends Act {
  readonly blob: Blob;
  /** Of a new item. */
  readonly guid: string;
  readonly fileSystemInfo?: FileSystemInfo;
}

/** The author of changes without a Graph request: seeds and the system itself. */
export const SYSTEM: IdentitySet = { user: { displayName: 'System Account' } };

/** One OneDrive: its items by id, and their operations. Each operation is one synchronous step. */
export class DriveState extends DriveReader {
  readonly id: string;
  readonly spec: DriveSpec;
  /** Recently removed items. */
  readonly ghosts = new Ghosts();
  readonly #counters: DriveCounters;

  /** Opens the drive, or creates it if it is not in the database. */
  constructor(db: Database, spec: DriveSpec) {
    const id = driveId(spec.siteId, spec.webId, spec.listId);
    const counters = new DriveCounters(db, id, spec.quotaBytes);
    const tag = Buffer.from(spec.listId.replaceAll('-', ''), 'hex').subarray(0, 4);
    super(counters.now.key, new ItemStore(db), tag);
    this.id = id;
    this.spec = spec;
    this.#counters = counters;
    if (counters.now.sequence === 0) {
      const root = { parent: null, name: 'root', guid: ROOT_GUID, kind: 'folder' } as const;
      counters.step(() => this.#insert(root, { now: spec.now, by: SYSTEM }));
    }
  }

  /** Its quota, its usage, and the end of its feed of changes. */
  get counts(): Counts {
    return this.#counters.now;
  }

  /** Calls `listener` after each change of an item. */
  onChange(listener: () => void): void {
    this.#counters.onChange(listener);
  }

  /** Runs several changes as one step: all of them or none. */
  step<T>(work: () => T): T {
    return this.#counters.step(work);
  }

  createFolder(parent: Item, name: string, { guid, ...act }: Act & { guid: string }): Item {
    return this.#counters.step(() => this.#insert({ parent, name, guid, kind: 'folder' }, act));
  }

  /** Creates an item of any kind and name, also ones that the rules for new items forbid. */
  plant(
    parent: Item,
    spec: { name: string; guid: string; kind: ItemKind; facets: string | null; blob?: Blob },
    act: Act,
  ): Item {
    return this.#counters.step(() => {
      const item = this.#insert({ parent, ...spec }, act);
      return spec.blob === undefined ? item : this.#fill(item, { blob: spec.blob, ...act });
    });
  }

  /** Stores content at a place from `place`: a new file, or a new version of the existing one. */
  putContent(parent: Item, place: Place, content: NewContent): Item {
    this.checkQuota(content.blob.size);
    return this.#counters.step(() => {
      const { name, taken } = place;
      const item = taken ?? this.#insert({ parent, name, guid: content.guid, kind: 'file' }, content);
      if (taken !== undefined) {
        this.#keepVersion(taken);
      }
      return this.#fill(item, content);
    });
  }

  /** Stores content from the service itself, without a version, as when it rewrites Office files. */
  rewrite(item: Item, blob: Blob, act: Act): Item {
    return this.#counters.step(() => {
      this.#counters.add({ usedBytes: -item.size });
      return this.#fill(item, { blob, ...act, fileSystemInfo: { modified: item.fsModified, created: item.fsCreated } });
    });
  }

  /** Changes metadata that a client may change; on Business, a mere change of times is a version. */
  setFileSystemInfo(item: Item, info: FileSystemInfo, act: Act): Item {
    return this.#counters.step(() => {
      let { versionNumber } = item;
      if (item.blob !== null) {
        // Business stores a whole new version for a mere change of times (rclone docs, "versions").
        this.checkQuota(item.size);
        this.#keepVersion(item);
        this.#counters.add({ usedBytes: item.size });
        versionNumber += 1;
      }
      const [fsCreated, fsModified] = [info.created ?? item.fsCreated, info.modified ?? item.fsModified];
      return this.#change(item, { fsCreated, fsModified, versionNumber, modified: act.now }, act);
    });
  }

  /** Renames or moves to a place that `place` has checked. The client's times come from `info`, or are reset. */
  relocate(item: Item, parent: Item, place: Place, { info, ...act }: Act & { info: FileSystemInfo }): Item {
    return this.#counters.step(() => {
      if (place.taken !== undefined) {
        this.remove(place.taken, { now: act.now, isPermanent: false });
      }
      if (parent.key !== item.parent) {
        this.store.addToSizes(item.parent!, -item.size);
        this.store.addToSizes(parent.key, item.size);
        this.store.addToChildCount(item.parent!, -1);
        this.store.addToChildCount(parent.key, 1);
      }
      return this.#change(
        item,
        {
          ...{ parent: parent.key, name: place.name, fold: foldName(place.name), modified: act.now },
          ...{ fsModified: info.modified ?? act.now, fsCreated: info.created ?? item.fsCreated },
        },
        act,
      );
    });
  }

  /** Marks the item as changed, for changes of its sharing or its facets. */
  touch(item: Item, change: Partial<Pick<Item, 'facets'>>, act: Act): Item {
    return this.#counters.step(() => this.#change(item, change, act));
  }

  /** Removes the item with its contents, to the recycle bin or for good. */
  remove(item: Item, { now, isPermanent }: { now: number; isPermanent: boolean }): void {
    this.#counters.step(() => {
      const parent = this.parentOf(item)!;
      this.store.addToSizes(parent.key, -item.size);
      this.store.addToChildCount(parent.key, -1);
      this.ghosts.add(item, now);
      const { sequence } = this.counts;
      const { items, files, bytes, versionBytes } = this.store.removeTree(item, { sequence, deletedAt: now });
      this.#counters.add({
        ...{ sequence: items, fileCount: -files, usedBytes: -bytes - versionBytes },
        deletedBytes: isPermanent ? 0 : bytes,
      });
    });
  }

  /** Deletes an old version. */
  deleteVersion(item: Item, number: number): void {
    this.#counters.step(() => {
      const version = this.store.versions(item.key).find(each => each.number === number);
      if (version === undefined) {
        throw notFound();
      }
      this.store.deleteVersion(item.key, number);
      this.#counters.add({ usedBytes: -version.size });
    });
  }

  /** Creates a new version with the content of an old one, which remains. */
  restoreVersion(item: Item, { blob: name, size, hash }: VersionRow, act: Act): Item {
    this.checkQuota(size);
    return this.#counters.step(() => {
      this.#keepVersion(item);
      return this.#fill(item, { ...act, blob: { name, size, quickXorHash: hash } });
    });
  }

  setQuota(quotaBytes: number): void {
    this.#counters.setQuota(quotaBytes);
  }

  /** Makes every existing link into the feed of changes invalid. */
  expireChanges(): void {
    this.#counters.add({ generation: 1 });
  }

  checkQuota(more: number): void {
    if (this.counts.usedBytes + more > this.counts.quotaBytes) {
      throw new GraphFault('quotaLimitReached', 'The quota of the drive has been reached.', {
        innerCode: 'insufficientStorage',
      });
    }
  }

  #fill(item: Item, content: Omit<NewContent, 'guid'>): Item {
    const { blob, now, fileSystemInfo } = content;
    this.#counters.add({ usedBytes: blob.size });
    if (item.parent !== null) {
      this.store.addToSizes(item.parent, blob.size - item.size);
    }
    return this.#change(
      item,
      {
        ...{ blob: blob.name, size: blob.size, hash: blob.quickXorHash },
        ...{ ctagVersion: item.ctagVersion + 1, versionNumber: item.versionNumber + 1, modified: now },
        // Without a client's time Graph uses its own.
        fsModified: fileSystemInfo?.modified ?? now,
        fsCreated: fileSystemInfo?.created ?? item.fsCreated,
      },
      content,
    );
  }

  #keepVersion({ key, versionNumber, blob, size, hash, modified, modifiedBy }: Item): void {
    this.store.addVersion(key, { number: versionNumber, blob: blob!, size, hash: hash!, modified, modifiedBy });
  }

  #insert(
    spec: { parent: Item | null; name: string; guid: string; kind: ItemKind; facets?: string | null },
    { now, by }: Act,
  ): Item {
    const { parent, name, guid, kind, facets = null } = spec;
    this.#counters.add({ sequence: 1, fileCount: kind === 'folder' ? 0 : 1 });
    const identity = this.store.identityKey(JSON.stringify(by));
    if (parent !== null) {
      this.store.addToChildCount(parent.key, 1);
    }
    return this.store.insert({
      ...{ drive: this.key, guid, parent: parent?.key ?? null, name, fold: foldName(name), kind, facets },
      ...{ size: 0, blob: null, hash: null, etagVersion: 1, ctagVersion: 0, versionNumber: 0, childCount: 0 },
      ...{ created: now, modified: now, fsCreated: now, fsModified: now, createdBy: identity, modifiedBy: identity },
      ...{ sequence: this.counts.sequence, changedAt: now },
    });
  }

  /** Applies a change, which moves the eTag and the item's place in the feed. */
  #change(item: Item, change: Partial<Item>, { now, by }: Act): Item {
    this.#counters.add({ sequence: 1 });
    return this.store.update(item, {
      ...change,
      etagVersion: item.etagVersion + 1,
      modifiedBy: this.store.identityKey(JSON.stringify(by)),
      sequence: this.counts.sequence,
      changedAt: now,
    });
  }
}
