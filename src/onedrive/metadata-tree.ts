import { type DrivePath, parentPath } from '../drive/path.ts';
import type { DriveChange } from '../graph/delta.ts';
import { type DriveItem, foldedNameOf } from '../graph/drive-item.ts';
import { applyChanges, closeGap, findGaps, type Gap } from './metadata-changes.ts';
import { isSame, type Known, type Members, type Node } from './metadata-node.ts';
import { NodeStore } from './node-store.ts';

/** The item seen at a path, and when. */
export interface Seen {
  readonly item: Known;
  /** In milliseconds, as passed in. */
  readonly at: number;
}

export interface SeenMembers {
  readonly items: readonly DriveItem[];
  readonly at: number;
}

/** The members of a folder in one state. */
export interface MembersStamp {
  readonly members: Members;
  readonly version: number;
}

/** A few times the number of nodes that one change usually drops; small beside the cost of the change. */
const SWEPT_EACH_TIME = 64;

/**
 * The known items of a drive, as a tree of names. It makes no calls, and times are passed in. An item is in one place
 * at a time: when it is seen elsewhere, its old name becomes unknown. The cost of a change depends on the depth of its
 * path, that of a listing on its number of members, and on nothing else. A dropped subtree is unhooked at once.
 */
export class MetadataTree {
  readonly #sweptEachTime: number;
  #nodes: NodeStore;

  /** `sweptEachTime`: how many dropped names each change frees, in addition to as many as it adds. */
  constructor({ sweptEachTime = SWEPT_EACH_TIME }: { sweptEachTime?: number } = {}) {
    this.#sweptEachTime = sweptEachTime;
    this.#nodes = new NodeStore(sweptEachTime);
  }

  /** The number of names held, including those dropped but not yet freed. */
  get size(): number {
    return this.#nodes.size;
  }

  /** Returns what was last seen at `path`: directly, or in a listing of its folder. Undefined: nothing. */
  find(path: DrivePath): Seen | undefined {
    const { node, left } = this.#nodes.walk(path);
    this.#nodes.use(node);
    if (left === 0 && node.item !== undefined) {
      return { item: node.item, at: node.seenAt! };
    }
    const folder = left === 0 ? node.parent : node.members;
    return left > 1 || folder?.listedAt === undefined ? undefined : { item: null, at: folder.listedAt };
  }

  /** Returns the items on the way down from the folder `from` to the item `to`; undefined when one is not known. */
  way({ from, to }: { from: string; to: string }): readonly Seen[] | undefined {
    const way: Seen[] = [];
    for (let node = this.#nodes.withId(to); node?.item; node = node.parent?.owner) {
      if (node.item.id === from) {
        return way.reverse();
      }
      way.push({ item: node.item, at: node.seenAt! });
    }
    return undefined;
  }

  /**
   * Returns all members of the folder at `path`, updated with what was seen since the listing. Undefined: there may be
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

  /**
   * Returns when all members of the folder at `path` were listed, if they are as `stamp` says; undefined otherwise. It
   * counts as a use.
   */
  unchangedSince(path: DrivePath, stamp: MembersStamp): number | undefined {
    const node = this.#nodes.at(path);
    if (node?.members !== stamp.members || stamp.members.version !== stamp.version) {
      return undefined;
    }
    this.#nodes.use(node);
    return stamp.members.listedAt;
  }

  /** Returns a mark of the members of `path` as they are now; undefined: not all are known. */
  stampOf(path: DrivePath): MembersStamp | undefined {
    const members = this.#nodes.at(path)?.members;
    return members?.listedAt === undefined ? undefined : { members, version: members.version };
  }

  /** Notes that what is shown of the item at `path`, beside the item itself, has changed. */
  touch(path: DrivePath): void {
    const node = this.#nodes.at(path);
    if (node !== undefined) {
      this.#nodes.touch(node);
    }
  }

  /** Records that `item` was seen at `path`. Knowledge below it stays as long as it is the same item. */
  set(path: DrivePath, item: Known, at: number): void {
    const node = this.#nodes.ensure(path);
    this.#nodes.fill(node, item, at);
    if (!this.#nodes.holds(node)) {
      // The item was known as a folder above this path, and everything below that has been dropped.
      this.set(path, item, at);
      return;
    }
    this.#nodes.use(node);
    this.#nodes.sweep(path.length);
  }

  /**
   * Records that `items` are all members of the folder at `path`. `haveChanged`: it was listed before, and a member has
   * come or gone since.
   */
  setMembers(path: DrivePath, items: readonly DriveItem[], at: number): { haveChanged: boolean } {
    const haveChanged = this.#fillMembers(path, items, at);
    const folder = this.#nodes.at(path);
    if (folder?.members === undefined) {
      // One of the items was known as a folder above them, and everything below that has been dropped.
      this.#fillMembers(path, items, at);
    }
    this.#nodes.use(this.#nodes.ensure(path));
    this.#nodes.sweep(path.length + items.length);
    return { haveChanged };
  }

  /**
   * Drops the known members of `path` that contradict `items`, a complete listing. Afterwards there may be other
   * members.
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

  /** Forgets `path` and everything below it; its folder may then have other members than were listed. */
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

  /**
   * Makes unknown everything that a feed reports as changed. Returns the folders whose members have come or gone, by
   * `pathKey`.
   */
  applyChanges(changes: readonly DriveChange[], at: number): string[] {
    const touched = applyChanges(this.#nodes, changes, at);
    this.#nodes.sweep(changes.length);
    return [...touched].filter(node => this.#nodes.holds(node)).map(keyOf);
  }

  /** Returns up to `max` unknown folders that hold known items; the deepest first. */
  gaps(max: number): Gap[] {
    return findGaps(this.#nodes, max);
  }

  /** `item` is the item with the id of the gap; undefined: there is none. */
  closeGap(gap: Gap, item: DriveItem | undefined, at: number): void {
    closeGap(this.#nodes, gap, item, at);
    this.#nodes.sweep(1);
  }

  /** Keeps at most `max` names: drops the least recently used ones, one folder's members at a time. */
  evict(max: number): void {
    this.#nodes.evict(max);
  }

  clear(): void {
    this.#nodes = new NodeStore(this.#sweptEachTime);
  }

  /** Returns true when the folder was listed before and a member has come or gone since. */
  #fillMembers(path: DrivePath, items: readonly DriveItem[], at: number): boolean {
    const folder = this.#nodes.ensure(path);
    const members = this.#nodes.ensureMembers(folder);
    const wasListed = members.listedAt !== undefined;
    const wanted = byFoldedName(items);
    const hasLost = this.#dropOthers(members, wanted);
    members.listedAt = at;
    const isInOrder = startsWith(wanted.keys(), members.byName.keys());
    let hasGained = false;
    for (const [key, [...twins]] of wanted) {
      const item = twins.pop()!;
      const node = members.byName.get(key) ?? this.#nodes.add(key, members);
      if (!isInOrder) {
        // Listings keep Graph's order, later ones too. The gaps that this leaves in the map cost memory.
        members.byName.delete(key);
        members.byName.set(key, node);
      }
      hasGained ||= !node.item;
      this.#nodes.fill(node, item, at);
      node.twins = twins.length > 0 ? twins : undefined;
    }
    return wasListed && (hasLost || hasGained);
  }

  /** Drops the members that are not among `wanted`; returns true when there was one. */
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

/** Groups items by folded name; a look-up by name finds the last of each group. */
function byFoldedName(items: readonly DriveItem[]): Map<string, DriveItem[]> {
  const byName = new Map<string, DriveItem[]>();
  for (const item of items) {
    const key = foldedNameOf(item);
    const others = byName.get(key);
    if (others === undefined) {
      byName.set(key, [item]);
    } else {
      others.push(item);
    }
  }
  return byName;
}

function startsWith(keys: Iterable<string>, first: Iterable<string>): boolean {
  const all = keys[Symbol.iterator]();
  for (const key of first) {
    if (all.next().value !== key) {
      return false;
    }
  }
  return true;
}
