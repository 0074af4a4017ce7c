import { foldName } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { type Known, type Members, makeMembers, makeNode, type Node } from './metadata-node.ts';
import { Recency } from './recency.ts';

/**
 * The nodes of a `MetadataTree`: by path, by item id, and by use. An item is at one node at a time. A tree that is
 * dropped is unhooked at once, and taken apart little by little.
 */
export class NodeStore {
  readonly root = makeNode('', undefined);
  /** By item id; also of what was dropped and is not yet taken apart. */
  readonly #byId = new Map<string, Node>();
  /** The members of nodes; of one path the root's were used last, so that what is below them goes before them. */
  readonly #recency = new Recency<Members>();
  /** The deepest members of the path that was used last. */
  #inUse: Members | undefined;
  readonly #dropped: Iterator<Node>[] = [];
  readonly #sweptEachTime: number;
  #size = 0;

  /** `sweptEachTime`: dropped nodes that each change takes apart, besides as many as it adds. */
  constructor(sweptEachTime: number) {
    this.#sweptEachTime = sweptEachTime;
  }

  /** Nodes besides the root, also those that were dropped and are not yet taken apart. */
  get size(): number {
    return this.#size;
  }

  at(path: readonly string[]): Node | undefined {
    const { node, left } = this.walk(path);
    return left === 0 ? node : undefined;
  }

  /** The deepest node on the way to `path`, and how many names are `left` from there. */
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

  /** The node at `path`, which is made where it is not there. The caller fills it. */
  ensure(path: readonly string[]): Node {
    let node = this.root;
    for (const name of path) {
      const members = this.ensureMembers(node);
      const key = foldName(name);
      node = members.byName.get(key) ?? this.add(key, members);
    }
    return node;
  }

  /** The members of `node`, which are made where they are not there. */
  ensureMembers(node: Node): Members {
    if (node.item === undefined && node.parent !== undefined) {
      // There is something below a name that a listing of its folder did not have: the listing is out of date.
      node.parent.listedAt = undefined;
    }
    node.members ??= makeMembers(node);
    return node.members;
  }

  /** The node of the item `id`. */
  withId(id: string): Node | undefined {
    const node = this.#byId.get(id);
    if (node === undefined || this.holds(node)) {
      return node;
    }
    this.#byId.delete(id);
    return undefined;
  }

  /** Whether `node` is reached from the root: it has not been dropped, nor anything above it. */
  holds(node: Node): boolean {
    let top: Node | undefined = node;
    while (top?.parent !== undefined) {
      top = top.parent.owner;
    }
    return top === this.root;
  }

  /** Makes a node among `members`, of which nothing is known yet. */
  add(key: string, members: Members): Node {
    const node = makeNode(key, members);
    members.byName.set(key, node);
    this.#size += 1;
    return node;
  }

  /** Puts `node`, which was unhooked, among `members`. */
  hang(node: Node, key: string, members: Members): void {
    node.key = key;
    node.parent = members;
    members.byName.set(key, node);
  }

  /** `item` was seen at `node`. What is known below stays as long as it is the same item. */
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
    if (item !== null) {
      this.#displace(this.withId(item.id));
      this.#byId.set(item.id, node);
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

  /** Makes `node` unknown, with all below it. */
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

  /** Takes `node` out of its folder, with all below it. */
  drop(node: Node): void {
    this.unhook(node);
    this.#dropped.push([node].values());
  }

  /** Takes `node` out of its folder; it is then to be hung elsewhere, or dropped. */
  unhook(node: Node): void {
    const { parent } = node;
    node.parent = undefined;
    parent?.byName.delete(node.key);
    if (parent !== undefined && node.twins !== undefined) {
      // The others of its name are still there.
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

  /** Drops what says nothing any more: members without a name, and above them names of which nothing is known. */
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

  /** Notes that `node` is in use, and each folder above it. */
  use(node: Node): void {
    this.#inUse = node.members ?? node.parent;
    for (let members = this.#inUse; members !== undefined; members = members.owner?.parent) {
      this.#recency.touch(members);
    }
  }

  /**
   * Drops the members of those folders that were used least lately, until no more than `max` nodes are left. Those on
   * the way to what was used last stay, however many they are.
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

  /** Takes apart some of what was dropped, after a change that has added up to `added` nodes. */
  sweep(added: number): void {
    this.#sweepSome(added + this.#sweptEachTime);
  }

  /** Nobody has looked which folder `node` was: only what says that it lies in `folder` is known to be below it. */
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

  /** The item of `node` was seen elsewhere: what has its name now is not known. */
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

/** Whether nothing is known below `node`. */
function isBare({ members }: Node): boolean {
  return members === undefined || (members.byName.size === 0 && members.listedAt === undefined);
}
