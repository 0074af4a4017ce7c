import { foldName } from '../drive/path.ts';
import type { DriveChange } from '../graph/delta.ts';
import { changedItem, type DriveItem, foldedNameOf } from '../graph/drive-item.ts';
import type { Node } from './metadata-node.ts';
import type { NodeStore } from './node-store.ts';

/** A folder in which something is known, and of which only the id is known itself. */
export interface Gap {
  readonly node: Node;
  readonly id: string;
}

/**
 * Makes unknown everything that a feed reports as changed, and everything that may have changed with it. The feed lags
 * and leaves out tags, so its data is not shown: the items are requested again. Only a folder that has moved keeps what
 * is known below it. Returns the folders whose members have come or gone.
 */
export function applyChanges(nodes: NodeStore, changes: readonly DriveChange[], at: number): Set<Node> {
  const work = new ChangeWork(nodes, at);
  for (const change of changes) {
    work.apply(change);
  }
  work.finish();
  return work.touched;
}

/** Returns up to `max` unknown folders that hold known items; the deepest first. */
export function findGaps(nodes: NodeStore, max: number): Gap[] {
  const gaps: Gap[] = [];
  for (const node of nodes.folders()) {
    const id = node.item === undefined ? idFromMembers(node) : undefined;
    if (id !== undefined) {
      gaps.push({ node, id });
    }
  }
  return gaps.sort((one, other) => depthOf(other.node) - depthOf(one.node)).slice(0, max);
}

/** `item` is the item with the id of the gap. Undefined or elsewhere: nothing is known in the gap any more. */
export function closeGap(nodes: NodeStore, { node, id }: Gap, item: DriveItem | undefined, at: number): void {
  if (!nodes.holds(node) || node.item !== undefined) {
    return;
  }
  const isThere = node === nodes.root ? item?.parentId === undefined : foldName(item?.name ?? '') === node.key;
  if (item?.id === id && isThere) {
    nodes.fill(node, item, at);
  } else {
    nodes.dropMembers(node);
  }
  nodes.prune(node);
}

class ChangeWork {
  readonly touched = new Set<Node>();
  readonly #nodes: NodeStore;
  readonly #at: number;
  /** A folder whose old place is unknown: it may have been above known items. */
  #hasStrayFolder = false;
  /** An item came into an unknown folder: a free name may be taken now. */
  #hasStrayMember = false;

  constructor(nodes: NodeStore, at: number) {
    this.#nodes = nodes;
    this.#at = at;
  }

  apply(change: DriveChange): void {
    const node = change.isRoot ? this.#nodes.root : this.#nodes.withId(change.id);
    if (node === this.#nodes.root) {
      this.#applyToRoot(change);
    } else if (node !== undefined) {
      this.#applyToKnown(node, change);
    } else {
      this.#applyToUnknown(change);
    }
  }

  finish(): void {
    if (!this.#hasStrayFolder && !this.#hasStrayMember) {
      return;
    }
    for (const node of [...this.#nodes.folders()]) {
      if (node.item === undefined && this.#nodes.holds(node)) {
        this.#doubt(node);
      }
    }
  }

  #applyToRoot({ item }: DriveChange): void {
    const { root } = this.#nodes;
    if (item !== undefined && root.item && ageOf(item, root.item) !== 'older') {
      this.#nodes.fill(root, withoutFeedGaps(item, root.item), this.#at);
    }
  }

  #applyToKnown(node: Node, change: DriveChange): void {
    const { item } = change;
    const age = item === undefined ? 'unknown' : ageOf(item, node.item!);
    if (item === undefined || age === 'unknown' || (age === 'newer' && item.kind === 'file')) {
      this.#leave(node, change);
    } else if (age === 'newer') {
      this.#follow(node, change, item);
    }
  }

  /** A folder has a newer version, maybe in another place. */
  #follow(node: Node, change: DriveChange, item: DriveItem): void {
    const folder = this.#folderOf(change);
    if (isAt(node, folder, item)) {
      this.#nodes.fill(node, withoutFeedGaps(item, node.item!), this.#at);
    } else if (folder === undefined) {
      this.#leave(node, change);
    } else {
      this.#moveTo(folder, node, item);
    }
  }

  /** Only Graph can say which item has the name of `node` now, and where the old item is. */
  #leave(node: Node, change: DriveChange): void {
    const { item } = change;
    const [before, after] = [node.parent?.owner, this.#folderOf(change)];
    const isSamePlace = item !== undefined && isAt(node, after, item);
    this.#nodes.drop(node);
    this.#unlist(before, isSamePlace);
    if (item !== undefined && !isSamePlace) {
      this.#expect(after, item);
    }
    this.#nodes.prune(before);
  }

  #applyToUnknown(change: DriveChange): void {
    const folder = this.#folderOf(change);
    if (change.item !== undefined) {
      this.#expect(folder, change.item);
    } else if (folder !== undefined && hasTwin(folder, change.id)) {
      this.#unlist(folder);
    }
    this.#hasStrayFolder ||= change.kind === 'folder';
  }

  /** Something that is not known is in `folder` by the name of `item`. */
  #expect(folder: Node | undefined, item: DriveItem): void {
    if (folder === undefined) {
      this.#hasStrayMember = true;
      return;
    }
    const there = folder.members?.byName.get(foldedNameOf(item));
    if (there !== undefined) {
      this.#nodes.drop(there);
    }
    this.#unlist(folder);
  }

  #moveTo(folder: Node, node: Node, item: DriveItem): void {
    const before = node.parent?.owner;
    const known = node.item!;
    this.#nodes.unhook(node);
    this.#unlist(before);
    if (this.#nodes.holds(folder)) {
      this.#expect(folder, item);
      this.#nodes.hang(node, foldedNameOf(item), this.#nodes.ensureMembers(folder));
      this.#nodes.fill(node, withoutFeedGaps(item, known), this.#at);
    } else {
      // The folder is below the item until its own change comes.
      this.#nodes.drop(node);
    }
    this.#nodes.prune(before);
  }

  /** The folder may have other members than are known. `areSame`: as many as before, and by the same names. */
  #unlist(folder: Node | undefined, areSame = false): void {
    if (folder?.members === undefined) {
      return;
    }
    if (!areSame && folder.members.listedAt !== undefined) {
      this.touched.add(folder);
    }
    folder.members.listedAt = undefined;
  }

  /** The known members of an unknown folder may be outdated. */
  #doubt(node: Node): void {
    if (this.#hasStrayFolder) {
      this.#nodes.dropMembers(node);
    } else {
      this.#unlist(node, true);
      for (const member of [...(node.members?.byName.values() ?? [])]) {
        if (member.item === null) {
          this.#nodes.drop(member);
        }
      }
    }
    this.#nodes.prune(node);
  }

  #folderOf({ parentId }: DriveChange): Node | undefined {
    return parentId === undefined ? undefined : this.#nodes.withId(parentId);
  }
}

function isAt(node: Node, folder: Node | undefined, item: DriveItem): boolean {
  return folder !== undefined && node.parent?.owner === folder && node.key === foldedNameOf(item);
}

/** The feed leaves out the cTag. */
function withoutFeedGaps(item: DriveItem, known: DriveItem): DriveItem {
  return item.cTag === known.cTag || item.cTag !== undefined ? item : changedItem(item, { cTag: known.cTag });
}

/** How `item` of a feed, which lags, compares with the known item. */
function ageOf(item: DriveItem, known: DriveItem): 'older' | 'same' | 'newer' | 'unknown' {
  const isSamePlace = known.name === item.name && known.parentId === item.parentId;
  if (item.eTag !== '' && item.eTag === known.eTag) {
    return isSamePlace ? 'same' : 'unknown';
  }
  const [one, other] = [VERSION.exec(item.eTag), VERSION.exec(known.eTag)];
  if (one === null || other === null || one[1] !== other[1]) {
    return 'unknown';
  }
  return Number(one[2]) < Number(other[2]) ? 'older' : 'newer';
}

/** `"{…},12"`: the number grows with each version of the item (onedrive-api-docs; `graph/normalize.ts`). */
const VERSION = /^(.*),(\d+)"?$/;

function hasTwin({ members }: Node, id: string): boolean {
  for (const { twins } of members?.byName.values() ?? []) {
    if (twins?.some(twin => twin.id === id)) {
      return true;
    }
  }
  return false;
}

function idFromMembers({ members }: Node): string | undefined {
  for (const { item } of members?.byName.values() ?? []) {
    if (item?.parentId !== undefined) {
      return item.parentId;
    }
  }
  return undefined;
}

function depthOf(node: Node): number {
  let depth = 0;
  for (let at = node.parent; at !== undefined; at = at.owner?.parent) {
    depth += 1;
  }
  return depth;
}
