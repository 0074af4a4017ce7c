import type { DriveItem } from '../graph/normalize.ts';
import type { Ordered } from './recency.ts';

/** `null`: proven absent. */
export type Known = DriveItem | null;

/**
 * A name in a folder, and the knowledge about it. A class, because its fields begin as undefined: a field that has only
 * held numbers takes 16 bytes more.
 */
export class Node {
  /** The folded name; `''` for the root. */
  key: string;
  /** The members that contain this node; undefined for the root and for dropped nodes. */
  parent: Members | undefined;
  /** Undefined: unknown. The node exists because something is known below it. */
  item: Known | undefined;
  /** When `item` was seen, in milliseconds; undefined before. */
  seenAt: number | undefined;
  /** Undefined while nothing is known below. */
  members: Members | undefined;
  /** Other items with the same folded name. OneDrive promises that there are none, but a listing must not hide one. */
  twins: readonly DriveItem[] | undefined;

  constructor(key: string, parent: Members | undefined) {
    this.key = key;
    this.parent = parent;
  }
}

/** The known members of a folder. */
export interface Members extends Ordered<Members> {
  /** Undefined once they have been dropped. */
  owner: Node | undefined;
  /** By folded name. */
  byName: Map<string, Node>;
  /** When all of them were listed together: any other name is absent. Undefined: there may be others. */
  listedAt: number | undefined;
  /** Grows with each change of a member, or of what is known of it. */
  version: number;
}

export function makeMembers(owner: Node): Members {
  return { owner, byName: new Map(), listedAt: undefined, version: 0, newer: undefined, older: undefined };
}

/** Returns true when both are the same version of the same item, or both are absent. */
export function isSame(one: Known, other: Known): boolean {
  return one?.id === other?.id && one?.eTag === other?.eTag;
}

/** Returns true when both are the same versions of the same items, by the same names. */
export function areSame(known: readonly DriveItem[] | undefined, items: readonly DriveItem[]): boolean {
  const byId = new Map(known?.map(item => [item.id, item]));
  return (
    known?.length === items.length &&
    items.every(item => isSame(byId.get(item.id) ?? null, item) && byId.get(item.id)?.name === item.name)
  );
}
