import { type DrivePath, foldName, parentPath } from '../drive/path.ts';
import type { DriveChange } from '../graph/delta.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { applyChanges, closeGap, findGaps, type Gap } from './metadata-changes.ts';
import { isSame, type Known, type Members, type Node } from './metadata-node.ts';
import { NodeStore } from './node-store.ts';

/** What was seen at a path, and when. */
export interface Seen {
  readonly item: Known;
  /** In milliseconds, as it was handed in. */
  readonly at: number;
}

export interface SeenMembers {
  readonly items: readonly DriveItem[];
  readonly at: number;
}

/** A few times what one change drops as a rule, and little beside the change itself. */
const SWEPT_EACH_TIME = 64;

/**
 * What was seen of a drive, as a tree of names. Pure: it asks nobody, and times are handed in. An item is in one place
 * at a time: seen anywhere else, it makes its old name unknown. A change takes as long as its path is deep, and a
 * listing as long as it has members, whatever else is known; a tree that goes is unhooked at once.
 */
export class MetadataTree {
  readonly #sweptEachTime: number;
  #nodes: NodeStore;

  /** `sweptEachTime`: names of what was dropped of which each change lets go, besides as many as it adds. */
  constructor({ sweptEachTime = SWEPT_EACH_TIME }: { sweptEachTime?: number } = {}) {
    this.#sweptEachTime = sweptEachTime;
    this.#nodes = new NodeStore(sweptEachTime);
  }

  /** Names that are held, also of what was dropped a moment ago. */
  get size(): number {
    return this.#nodes.size;
  }

  /** What was seen at `path` last: by itself, or in a listing of its folder. Undefined: nothing. */
  find(path: DrivePath): Seen | undefined {
    const { node, left } = this.#nodes.walk(path);
    this.#nodes.use(node);
    if (left === 0 && node.item !== undefined) {
      return { item: node.item, at: node.seenAt };
    }
    const folder = left === 0 ? node.parent : node.members;
    return left > 1 || folder?.listedAt === undefined ? undefined : { item: null, at: folder.listedAt };
  }

  /**
   * All members of the folder at `path`, with what was seen of them since they were listed. Undefined: there may be
   * others.
   */
  members(path: DrivePath): SeenMembers | undefined {
    const node = this.#nodes.at(path);
    if (node?.members?.listedAt === undefined) {
      return undefined;
    }
    this.#nodes.use(node);
    const items: DriveItem[] = [];
    for (const { item, twins } of node.members.byName.values()) {
      if (item) {
        items.push(item);
      }
      if (twins !== undefined) {
        items.push(...twins);
      }
    }
    return { items, at: node.members.listedAt };
  }

  /** `item` is what was seen at `path`. What is known below stays as long as it is the same item. */
  set(path: DrivePath, item: Known, at: number): void {
    const node = this.#nodes.ensure(path);
    this.#nodes.fill(node, item, at);
    if (!this.#nodes.holds(node)) {
      // The item was known as a folder above this place, and all below that has been dropped.
      this.set(path, item, at);
      return;
    }
    this.#nodes.use(node);
    this.#nodes.sweep(path.length);
  }

  /**
   * `items` are all members of the folder at `path`. `haveChanged`: it was listed before, and one has come or gone
   * since.
   */
  setMembers(path: DrivePath, items: readonly DriveItem[], at: number): { haveChanged: boolean } {
    const haveChanged = this.#fillMembers(path, items, at);
    const folder = this.#nodes.at(path);
    if (folder?.members === undefined) {
      // One of the items was known as a folder above them, and all below that has been dropped.
      this.#fillMembers(path, items, at);
    }
    this.#nodes.use(this.#nodes.ensure(path));
    this.#nodes.sweep(path.length + items.length);
    return { haveChanged };
  }

  /**
   * Drops what is known of the members of `path` and is not what `items`, all of them, say. There may be others from
   * then on.
   */
  contradict(path: DrivePath, items: readonly DriveItem[]): void {
    const folder = this.#nodes.at(path);
    if (folder?.members === undefined) {
      return;
    }
    const wanted = byFoldedName(items);
    folder.members.listedAt = undefined;
    for (const [key, node] of folder.members.byName) {
      if (node.item !== undefined && !isSame(node.item, wanted.get(key)?.at(-1) ?? null)) {
        this.#nodes.drop(node);
      }
    }
    this.#nodes.prune(folder);
  }

  /**
   * Nothing is known of `path` any more, nor of what is below it; its folder may have other members than were listed.
   */
  forget(path: DrivePath): void {
    const node = this.#nodes.at(path);
    if (node !== undefined) {
      this.#nodes.forget(node);
    }
    const folder = path.length === 0 ? undefined : this.#nodes.at(parentPath(path));
    if (folder?.members !== undefined) {
      folder.members.listedAt = undefined;
      this.#nodes.prune(folder);
    }
    this.#nodes.sweep(0);
  }

  /** Makes unknown what a feed says has changed; the folders whose members have come or gone, by `pathKey`. */
  applyChanges(changes: readonly DriveChange[], at: number): string[] {
    const touched = applyChanges(this.#nodes, changes, at);
    this.#nodes.sweep(changes.length);
    return [...touched].filter(node => this.#nodes.holds(node)).map(keyOf);
  }

  /** Up to `max` folders that were never looked at, and have something known in them; the deepest first. */
  gaps(max: number): Gap[] {
    return findGaps(this.#nodes, max);
  }

  /** `item` is what has the id of the gap; undefined: nothing has. */
  closeGap(gap: Gap, item: DriveItem | undefined, at: number): void {
    closeGap(this.#nodes, gap, item, at);
    this.#nodes.sweep(1);
  }

  /** Keeps no more than `max` names: what was used least lately goes, one folder's members after the other. */
  evict(max: number): void {
    this.#nodes.evict(max);
  }

  clear(): void {
    this.#nodes = new NodeStore(this.#sweptEachTime);
  }

  /** True when the folder was listed before, and one of its members has come or gone since. */
  #fillMembers(path: DrivePath, items: readonly DriveItem[], at: number): boolean {
    const folder = this.#nodes.ensure(path);
    const members = this.#nodes.ensureMembers(folder);
    const wasListed = members.listedAt !== undefined;
    const wanted = byFoldedName(items);
    const hasLost = this.#dropOthers(members, wanted);
    members.listedAt = at;
    let hasGained = false;
    for (const [key, [...twins]] of wanted) {
      const item = twins.pop()!;
      const node = members.byName.get(key) ?? this.#nodes.add(key, members);
      hasGained ||= !node.item;
      this.#nodes.fill(node, item, at);
      node.twins = twins.length > 0 ? twins : undefined;
    }
    return wasListed && (hasLost || hasGained);
  }

  /** Drops the members that are other items than the `wanted` ones; true when there was one. */
  #dropOthers(members: Members, wanted: ReadonlyMap<string, readonly DriveItem[]>): boolean {
    let hasLost = false;
    for (const [key, node] of members.byName) {
      const item = wanted.get(key)?.at(-1);
      if (item === undefined || (node.item !== undefined && node.item?.id !== item.id)) {
        hasLost ||= Boolean(node.item);
        this.#nodes.drop(node);
      }
    }
    return hasLost;
  }
}

/** As `pathKey` makes it of the path. */
function keyOf(node: Node): string {
  const keys: string[] = [];
  for (let at: Node | undefined = node; at?.parent !== undefined; at = at.parent.owner) {
    keys.unshift(at.key);
  }
  return keys.join('/');
}

/** Those of one name together, the last of which is the one that is found by it. */
function byFoldedName(items: readonly DriveItem[]): Map<string, DriveItem[]> {
  const byName = new Map<string, DriveItem[]>();
  for (const item of items) {
    const key = foldName(item.name);
    const others = byName.get(key);
    if (others === undefined) {
      byName.set(key, [item]);
    } else {
      others.push(item);
    }
  }
  return byName;
}
