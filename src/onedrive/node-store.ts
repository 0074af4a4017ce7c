import { foldName } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { type Known, type Members, makeMembers, Node } from './metadata-node.ts';
import { Recency } from './recency.ts';

/**
 * The nodes of a `MetadataTree`: by path, by item id, and by use. An item is at one node at a time. A dropped subtree
 * is unhooked at once and freed little by little.
 */
export class NodeStore {
  readonly root = new Node('', undefined);
  /** By item id, including dropped nodes that are not yet freed. */
  readonly #byId = new Map<string, Node>();
  /** The members of nodes. Along one path, the root's count as used last, so deeper ones are evicted first. */
  readonly #recency = new Recency<Members>();
  /** The deepest members of the most recently used path. */
  #inUse: Members | undefined;
  readonly #dropped: Iterator<Node>[] = [];
  readonly #sweptEachTime: number;
  #size = 0;

  /** `sweptEachTime`: how many dropped nodes each change frees, in addition to as many as it adds. */
  constructor(sweptEachTime: number) {
    this.#sweptEachTime = sweptEachTime;
  }

  /** The number of nodes without the root, including dropped ones that are not yet freed. */
  get size(): number {
    return this.#size;
  }

  at(path: readonly string[]): Node | undefined {
    const { node, left } = this.walk(path);
    return left === 0 ? node : undefined;
  }

  /** Returns the deepest node on the way to `path`, and the number of names `left` from there. */
  walk(path: readonly string[]): { node: Node; left: number } {
    let node = this.root;
    let left = path.length;
    for (const name of path) {
      const member = node.members?.byName.get(foldName(name));
      if (member === undefined) {
        break;
      }
      node = member;
      left -= 1;
    }
    return { node, left };
  }

  /** Returns the node at `path`, creating it if necessary. The caller fills it. */
  ensure(path: readonly string[]): Node {
    let node = this.root;
    for (const name of path) {
      const members = this.ensureMembers(node);
      const key = foldName(name);
      node = members.byName.get(key) ?? this.add(key, members);
    }
    return node;
  }

  /** Returns the members of `node`, creating them if necessary. */
  ensureMembers(node: Node): Members {
    if (node.item === undefined && node.parent !== undefined) {
      // There is an item below a name that its folder's listing did not contain: the listing is out of date.
      node.parent.listedAt = undefined;
    }
    node.members ??= makeMembers(node);
    return node.members;
  }

  /** Returns the node of the item `id`. */
  withId(id: string): Node | undefined {
    const node = this.#byId.get(id);
    if (node === undefined || this.holds(node)) {
      return node;
    }
    this.#byId.delete(id);
    return undefined;
  }

  /** Returns true when `node` can be reached from the root: neither it nor a folder above it has been dropped. */
  holds(node: Node): boolean {
    let top: Node | undefined = node;
    while (top?.parent !== undefined) {
      top = top.parent.owner;
    }
    return top === this.root;
  }

  /** Adds a node to `members`; nothing is known about it yet. */
  add(key: string, members: Members): Node {
    const node = new Node(key, members);
    members.byName.set(key, node);
    this.#size += 1;
    return node;
  }

  /** Adds `node`, which was unhooked, to `members`. */
  hang(node: Node, key: string, members: Members): void {
    node.key = key;
    node.parent = members;
    members.byName.set(key, node);
    members.version += 1;
  }

  /** Records that `item` was seen at `node`. Knowledge below it stays as long as it is the same item. */
  fill(node: Node, item: Known, at: number): void {
    const isAnother = node.item !== undefined && node.item?.id !== item?.id;
    if (isAnother || item?.kind !== 'folder') {
      this.dropMembers(node);
    }
    if (node.item === undefined && item !== null) {
      this.#keepMembersOf(node, item);
    }
    this.#unindex(node);
    node.item = item;
    node.seenAt = at;
    node.twins = undefined;
    this.touch(node);
    if (item !== null) {
      this.#displace(this.withId(item.id));
      this.#byId.set(item.id, node);
    }
  }

  /** Notes that something about `node`, as its folder shows it, has changed. */
  touch(node: Node): void {
    if (node.parent !== undefined) {
      node.parent.version += 1;
    }
  }

  /** Every node below which something is known, those used last first. */
  *folders(): Iterable<Node> {
    for (const { owner } of this.#recency) {
      if (owner !== undefined) {
        yield owner;
      }
    }
  }

  /** Makes `node` and everything below it unknown. */
  forget(node: Node): void {
    const owner = node.parent?.owner;
    if (owner !== undefined) {
      this.drop(node);
      this.prune(owner);
      return;
    }
    this.dropMembers(node);
    this.#unindex(node);
    node.item = undefined;
  }

  /** Removes `node` from its folder, with everything below it. */
  drop(node: Node): void {
    this.unhook(node);
    this.#dropped.push([node].values());
  }

  /** Removes `node` from its folder; the caller must then hang it elsewhere or drop it. */
  unhook(node: Node): void {
    const { parent } = node;
    this.touch(node);
    node.parent = undefined;
    parent?.byName.delete(node.key);
    if (parent !== undefined && node.twins !== undefined) {
      // The other items of its name are still there.
      parent.listedAt = undefined;
    }
  }

  dropMembers(node: Node): void {
    const { members } = node;
    if (members !== undefined) {
      node.members = undefined;
      members.owner = undefined;
      this.#recency.drop(members);
      this.#dropped.push(members.byName.values());
    }
  }

  /** Drops nodes that hold no information any more: empty members, and the unknown names above them. */
  prune(node: Node | undefined): void {
    for (let at = node; at !== undefined && isBare(at); ) {
      this.dropMembers(at);
      const above: Node | undefined = at.parent?.owner;
      if (above === undefined || at.item !== undefined) {
        return;
      }
      this.drop(at);
      at = above;
    }
  }

  /** Marks `node` and each folder above it as in use. */
  use(node: Node): void {
    this.#inUse = node.members ?? node.parent;
    for (let members = this.#inUse; members !== undefined; members = members.owner?.parent) {
      this.#recency.touch(members);
    }
  }

  /**
   * Drops the members of the least recently used folders until at most `max` nodes are left. Those on the most recently
   * used path stay, however many they are.
   */
  evict(max: number): void {
    while (this.#size > max) {
      if (this.#sweepSome(this.#size - max) > 0) {
        continue;
      }
      const { oldest } = this.#recency;
      if (oldest === undefined || oldest === this.#inUse) {
        return;
      }
      this.#recency.drop(oldest);
      if (oldest.owner !== undefined) {
        const { owner } = oldest;
        this.dropMembers(owner);
        this.prune(owner);
      }
    }
  }

  /** Frees some of the dropped nodes, after a change that has added up to `added` nodes. */
  sweep(added: number): void {
    this.#sweepSome(added + this.#sweptEachTime);
  }

  /**
   * It is not known which folder `node` was: only items that name `folder` as their parent are known to be below it.
   */
  #keepMembersOf(node: Node, folder: DriveItem): void {
    for (const member of [...(node.members?.byName.values() ?? [])]) {
      if (member.item?.parentId !== folder.id) {
        this.drop(member);
      }
    }
  }

  #sweepSome(count: number): number {
    let swept = 0;
    while (swept < count) {
      const next = this.#dropped.at(-1)?.next();
      if (next === undefined) {
        break;
      }
      if (next.done) {
        this.#dropped.pop();
        continue;
      }
      this.#unindex(next.value);
      this.dropMembers(next.value);
      this.#size -= 1;
      swept += 1;
    }
    return swept;
  }

  /** Forgets `node`, whose item was seen elsewhere: the item with its name is now unknown. */
  #displace(node: Node | undefined): void {
    if (node === undefined) {
      return;
    }
    if (node.parent !== undefined) {
      node.parent.listedAt = undefined;
    }
    this.forget(node);
  }

  #unindex(node: Node): void {
    if (node.item && this.#byId.get(node.item.id) === node) {
      this.#byId.delete(node.item.id);
    }
  }
}

/** Returns true when nothing is known below `node`. */
function isBare({ members }: Node): boolean {
  return members === undefined || (members.byName.size === 0 && members.listedAt === undefined);
}
