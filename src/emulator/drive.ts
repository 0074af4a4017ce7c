import type { Blob, GrowingBlob } from './blob-store.ts';
import { GraphFault } from './graph-error.ts';
import { driveId, itemId, ROOT_GUID } from './ids.ts';
import { checkName, checkPathLength, foldName } from './names.ts';

export type ConflictBehavior = 'fail' | 'replace' | 'rename';

export interface Version {
  readonly id: string;
  readonly blob: Blob;
  readonly lastModified: number;
}

export interface Item {
  readonly id: string;
  readonly guid: string;
  name: string;
  parentId: string | undefined;
  /** Members by folded name; undefined for a file. */
  children: Map<string, string> | undefined;
  blob: Blob | undefined;
  mimeType: string;
  /** The N of eTag `"{GUID},N"`: any change. */
  etagVersion: number;
  /** The N of cTag `"c:{GUID},N"`: a change of content. */
  ctagVersion: number;
  created: number;
  modified: number;
  fsCreated: number;
  fsModified: number;
  versions: Version[];
}

export interface UploadSession {
  readonly guid: string;
  readonly parentId: string;
  readonly name: string;
  readonly conflict: ConflictBehavior;
  readonly fileSystemInfo: FileSystemInfo | undefined;
  readonly deferCommit: boolean;
  readonly ifMatch: string | undefined;
  readonly growing: GrowingBlob;
  total: number | undefined;
  expires: number;
  busy: boolean;
}

/** Milliseconds since 1970. */
export interface FileSystemInfo {
  readonly created?: number;
  readonly modified?: number;
}

export interface DriveSpec {
  readonly siteId: string;
  readonly webId: string;
  readonly listId: string;
  quotaBytes: number;
  readonly now: number;
}

/** One OneDrive: its items by id, and what may be done to them. Everything here is one step, without waiting. */
export class DriveState {
  readonly id: string;
  readonly spec: DriveSpec;
  readonly items = new Map<string, Item>();
  readonly sessions = new Map<string, UploadSession>();
  readonly rootId: string;
  /** Bytes of deleted items, as in the recycle bin. */
  deletedBytes = 0;
  readonly #tag: Buffer;

  constructor(spec: DriveSpec) {
    this.spec = spec;
    this.id = driveId(spec.siteId, spec.webId, spec.listId);
    this.#tag = Buffer.from(spec.listId.replaceAll('-', ''), 'hex').subarray(0, 4);
    this.rootId = this.#add({ guid: ROOT_GUID, name: 'root', parentId: undefined, isFolder: true, now: spec.now }).id;
  }

  get root(): Item {
    return this.items.get(this.rootId)!;
  }

  /** The item, or `itemNotFound`. */
  get(id: string): Item {
    const item = id === 'root' ? this.root : this.items.get(id);
    if (item === undefined) {
      throw notFound();
    }
    return item;
  }

  child(parent: Item, name: string): Item | undefined {
    const id = parent.children?.get(foldName(name));
    return id === undefined ? undefined : this.items.get(id);
  }

  /** The item at `names` below `from`, or `itemNotFound`. */
  walk(from: Item, names: readonly string[]): Item {
    let item: Item | undefined = from;
    for (const name of names) {
      item = item && this.child(item, name);
    }
    if (item === undefined) {
      throw notFound();
    }
    return item;
  }

  /** The names from the root down; none for the root. */
  pathOf(item: Item): string[] {
    const names: string[] = [];
    for (let at = item; at.parentId !== undefined; at = this.items.get(at.parentId)!) {
      names.unshift(at.name);
    }
    return names;
  }

  /**
   * Finds where a new entry goes: throws for a bad name, a full path or a parent that is a file; settles a clash as
   * `conflict` says. `taken` is the item to be replaced.
   */
  place(
    parent: Item,
    name: string,
    options: { isFolder: boolean; conflict: ConflictBehavior; self?: Item },
  ): { name: string; taken: Item | undefined } {
    if (parent.children === undefined) {
      throw new GraphFault('invalidRequest', 'The parent is not a folder.', { status: 409 });
    }
    checkName(name, { isFolder: options.isFolder, inRoot: parent.id === this.rootId });
    checkPathLength([...this.pathOf(parent), name]);
    const taken = this.child(parent, name);
    if (taken === undefined || taken === options.self) {
      return { name, taken: undefined };
    }
    if (options.conflict === 'rename') {
      return { name: this.#freeName(parent, name), taken: undefined };
    }
    if (options.conflict === 'fail' || taken.children !== undefined || options.isFolder) {
      throw nameTaken();
    }
    return { name, taken };
  }

  createFolder(parent: Item, name: string, now: number, guid: string): Item {
    return this.#add({ guid, name, parentId: parent.id, isFolder: true, now });
  }

  /** Puts content at a place that `place` has found: a new file, or a new version of the one that is there. */
  putContent(
    parent: Item,
    place: { name: string; taken: Item | undefined },
    content: { blob: Blob; mimeType: string; now: number; guid: string; fileSystemInfo?: FileSystemInfo },
  ): Item {
    const { blob, mimeType, now, guid } = content;
    this.checkQuota(blob.size);
    const item = place.taken ?? this.#add({ guid, name: place.name, parentId: parent.id, isFolder: false, now });
    if (item.blob !== undefined) {
      this.#keepVersion(item, now);
    }
    item.blob = blob;
    item.mimeType = mimeType;
    item.ctagVersion += 1;
    item.etagVersion += 1;
    item.modified = now;
    // Without a client's time Graph takes its own.
    item.fsModified = content.fileSystemInfo?.modified ?? now;
    item.fsCreated = content.fileSystemInfo?.created ?? item.fsCreated;
    return item;
  }

  setFileSystemInfo(item: Item, info: FileSystemInfo, now: number): void {
    item.fsCreated = info.created ?? item.fsCreated;
    item.fsModified = info.modified ?? item.fsModified;
    if (item.blob !== undefined) {
      // Business stores a whole new version for a change of times alone (rclone docs, "versions").
      this.#keepVersion(item, now);
    }
  }

  /** Renames or moves; `place` has checked the new place. */
  relocate(item: Item, parent: Item, place: { name: string; taken: Item | undefined }): void {
    if (place.taken !== undefined) {
      this.remove(place.taken);
    }
    this.items.get(item.parentId!)!.children!.delete(foldName(item.name));
    item.name = place.name;
    item.parentId = parent.id;
    parent.children!.set(foldName(item.name), item.id);
  }

  remove(item: Item): void {
    for (const id of item.children?.values() ?? []) {
      this.remove(this.items.get(id)!);
    }
    this.items.get(item.parentId!)?.children?.delete(foldName(item.name));
    this.items.delete(item.id);
    this.deletedBytes += item.blob?.size ?? 0;
  }

  isInside(item: Item, ancestor: Item): boolean {
    for (
      let at: Item | undefined = item;
      at !== undefined;
      at = at.parentId === undefined ? undefined : this.items.get(at.parentId)
    ) {
      if (at === ancestor) {
        return true;
      }
    }
    return false;
  }

  /** Bytes of the current contents and of old versions. */
  usedBytes(): number {
    let used = 0;
    for (const item of this.items.values()) {
      used += item.blob?.size ?? 0;
      used += item.versions.reduce((sum, version) => sum + version.blob.size, 0);
    }
    return used;
  }

  checkQuota(more: number): void {
    if (this.usedBytes() + more > this.spec.quotaBytes) {
      throw new GraphFault('quotaLimitReached', 'The quota of the drive has been reached.', {
        innerCode: 'insufficientStorage',
      });
    }
  }

  /** A folder's size is the sum of what it holds. */
  sizeOf(item: Item): number {
    if (item.children === undefined) {
      return item.blob?.size ?? 0;
    }
    return [...item.children.values()].reduce((sum, id) => sum + this.sizeOf(this.items.get(id)!), 0);
  }

  #keepVersion(item: Item, now: number): void {
    const id = `${item.versions.length + 1}.0`;
    item.versions.push({ id, blob: item.blob!, lastModified: now });
  }

  #freeName(parent: Item, name: string): string {
    const dot = name.lastIndexOf('.');
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let number = 1;
    while (this.child(parent, `${stem} ${number}${extension}`) !== undefined) {
      number += 1;
    }
    return `${stem} ${number}${extension}`;
  }

  #add(spec: { guid: string; name: string; parentId: string | undefined; isFolder: boolean; now: number }): Item {
    const { guid, name, parentId, isFolder, now } = spec;
    const item: Item = {
      id: itemId(this.#tag, guid),
      guid,
      name,
      parentId,
      children: isFolder ? new Map() : undefined,
      blob: undefined,
      mimeType: 'application/octet-stream',
      etagVersion: 1,
      ctagVersion: 0,
      created: now,
      modified: now,
      fsCreated: now,
      fsModified: now,
      versions: [],
    };
    this.items.set(item.id, item);
    if (parentId !== undefined) {
      this.items.get(parentId)!.children!.set(foldName(name), item.id);
    }
    return item;
  }
}

export function notFound(): GraphFault {
  return new GraphFault('itemNotFound', 'The resource could not be found.');
}

export function nameTaken(): GraphFault {
  return new GraphFault('nameAlreadyExists', 'The specified item name already exists.');
}
