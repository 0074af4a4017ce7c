import { foldName } from '../lib/fold-name.ts';
import { packSpelling, type Spelling, unpackSpelling } from '../lib/spelling.ts';
import { type PackedTag, packTag, unpackTag } from './item-tags.ts';
import { type SharedFacts, share } from './shared-facts.ts';

/** A driveItem without Graph's oddities. Copy it with `changedItem`: its properties may be getters. */
export interface DriveItem {
  readonly kind: 'file' | 'folder';
  readonly id: string;
  /** Derived from the id when Graph returns no name (onedrive-api-docs 580), or one that no path can have. */
  readonly name: string;
  /**
   * Bytes; 0 for folders, whose size Graph reports as a sum, sometimes negative. Undefined for a file whose reported
   * size is impossible; other sizes may still differ from the actual bytes.
   */
  readonly size: number | undefined;
  /** The number of a folder's members, if Graph states it. */
  readonly childCount: number | undefined;
  /** Bytes of a folder's whole tree, when Graph reports a possible sum. */
  readonly treeSize: number | undefined;
  readonly eTag: string;
  /** Changes only with the content; files have one. */
  readonly cTag: string | undefined;
  readonly created: Date;
  readonly modified: Date;
  readonly mimeType: string | undefined;
  readonly quickXorHash: string | undefined;
  readonly parentId: string | undefined;
  /** `/drives/…/root:/a/b` as Graph writes it, which is sometimes percent-encoded; absent where Graph leaves it out. */
  readonly parentPath: string | undefined;
  /** Absent unless requested. */
  readonly downloadUrl: string | undefined;
  /** A shortcut to an item in another drive. */
  readonly isShortcut: boolean;
  /** A shortcut's target, if Graph returns it (Graph docs, "remoteItem resource type"). */
  readonly target: RemoteItem | undefined;
}

/** An item of any drive. */
export interface RemoteItem {
  readonly driveId: string;
  readonly id: string;
}

/** The properties that most files do not have. */
type Rare = Pick<DriveItem, 'childCount' | 'treeSize' | 'downloadUrl' | 'isShortcut' | 'target'>;

/**
 * An item in little memory: a server may know a million. Getters make the other properties, so `{ ...item }` is no copy.
 * Its fields begin as undefined (class fields): V8 boxes the numbers of a field that has only ever held numbers, as soon
 * as one of them is large.
 */
class CompactItem implements DriveItem {
  readonly id: string;
  readonly folded: string;
  readonly spelling: Spelling;
  readonly size: number | undefined;
  readonly quickXorHash: string | undefined;
  readonly packedETag: PackedTag;
  readonly packedCTag: PackedTag | undefined;
  /** In seconds, which are small integers. */
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly facts: SharedFacts & Partial<Rare>;

  constructor(item: DriveItem) {
    const { id, name, cTag } = item;
    const folded = foldName(name);
    this.id = id;
    this.folded = folded === name ? name : folded;
    this.spelling = packSpelling(name, this.folded);
    this.size = item.size;
    this.quickXorHash = item.quickXorHash;
    this.packedETag = packTag('eTag', id, item.eTag);
    this.packedCTag = cTag === undefined ? undefined : packTag('cTag', id, cTag);
    this.createdAt = item.created.getTime() / 1000;
    this.modifiedAt = item.modified.getTime() / 1000;
    this.facts = rareFactsOf(item) ?? share(item);
  }

  get name(): string {
    return unpackSpelling(this.folded, this.spelling);
  }

  get kind(): DriveItem['kind'] {
    return this.facts.kind;
  }

  get mimeType(): string | undefined {
    return this.facts.mimeType;
  }

  get parentId(): string | undefined {
    return this.facts.parentId;
  }

  get parentPath(): string | undefined {
    return this.facts.parentPath;
  }

  get eTag(): string {
    return unpackTag('eTag', this.id, this.packedETag);
  }

  get cTag(): string | undefined {
    return this.packedCTag === undefined ? undefined : unpackTag('cTag', this.id, this.packedCTag);
  }

  get created(): Date {
    return new Date(this.createdAt * 1000);
  }

  get modified(): Date {
    return new Date(this.modifiedAt * 1000);
  }

  get childCount(): number | undefined {
    return this.facts.childCount;
  }

  get treeSize(): number | undefined {
    return this.facts.treeSize;
  }

  get downloadUrl(): string | undefined {
    return this.facts.downloadUrl;
  }

  get isShortcut(): boolean {
    return this.facts.isShortcut ?? false;
  }

  get target(): RemoteItem | undefined {
    return this.facts.target;
  }
}

/** Returns the same item in little memory. */
export function compactItem(item: DriveItem): DriveItem {
  return new CompactItem(item);
}

/** Returns a copy of an item with some properties changed. */
export function changedItem(item: DriveItem, changes: Partial<DriveItem>): DriveItem {
  return compactItem({ ...plainItem(item), ...changes });
}

/** Returns a copy whose properties are its own, as JSON needs them. */
export function plainItem(item: DriveItem): DriveItem {
  const { kind, id, name, size, childCount, treeSize, eTag, cTag, created, modified } = item;
  const { mimeType, quickXorHash, parentId, parentPath, downloadUrl, isShortcut, target } = item;
  return {
    ...{ kind, id, name, size, childCount, treeSize, eTag, cTag, created, modified },
    ...{ mimeType, quickXorHash, parentId, parentPath, downloadUrl, isShortcut, target },
  };
}

/** Returns the item's name as `foldName` folds it, as one string for all who ask. */
export function foldedNameOf(item: DriveItem): string {
  return item instanceof CompactItem ? item.folded : foldName(item.name);
}

/** Returns the item without its download URL. */
export function withoutUrl(item: DriveItem): DriveItem {
  return item.downloadUrl === undefined ? item : changedItem(item, { downloadUrl: undefined });
}

/**
 * Returns a short form of the cTag, or of the eTag where there is no cTag, if it is of OneDrive's form (`item-tags.ts`):
 * a letter and a number, which together with the id identify the version.
 */
export function shortTagOf(item: DriveItem): string | undefined {
  const { packedETag, packedCTag } = item instanceof CompactItem ? item : new CompactItem(item);
  const [letter, packed] = packedCTag === undefined ? ['e', packedETag] : ['c', packedCTag];
  return typeof packed === 'number' ? `${letter}${packed}` : undefined;
}

/** Returns a key for one version of an item's content; where there is no cTag, for one version of the item. */
export function versionKeyOf(item: DriveItem): string {
  const short = shortTagOf(item);
  return short === undefined ? `${item.id} ${item.cTag ?? item.eTag}` : `${item.id}-${short}`;
}

function rareFactsOf(item: DriveItem): (SharedFacts & Rare) | undefined {
  const { kind, mimeType, parentId, parentPath, childCount, treeSize, downloadUrl, isShortcut, target } = item;
  const isUsual = (childCount ?? treeSize ?? downloadUrl ?? target) === undefined && !isShortcut;
  return isUsual
    ? undefined
    : { kind, mimeType, parentId, parentPath, childCount, treeSize, downloadUrl, isShortcut, target };
}
