import type { DriveItem } from '../graph/normalize.ts';
import type { Ordered } from './recency.ts';

/** `null`: proven absent. */
export type Known = DriveItem | null;

/** A name in a folder, and what is known of it. */
export interface Node {
  /** The folded name; `''` of the root. */
  key: string;
  /** The members that it is one of; undefined of the root, and of what has been dropped. */
  parent: Members | undefined;
  /** Undefined: unknown. The node is there because something is known below it. */
  item: Known | undefined;
  /** When `item` was seen, in milliseconds. */
  seenAt: number;
  /** Absent as long as nothing is known below. */
  members: Members | undefined;
  /** Other items of the same folded name; OneDrive promises that there are none, and a listing must not hide one. */
  twins: readonly DriveItem[] | undefined;
}

/** What is known below a node. */
export interface Members extends Ordered<Members> {
  /** Undefined when they have been dropped. */
  owner: Node | undefined;
  /** By folded name. */
  byName: Map<string, Node>;
  /** When all of them were seen together: a name that is not there is absent. Undefined: there may be others. */
  listedAt: number | undefined;
}

export function makeNode(key: string, parent: Members | undefined): Node {
  return { key, parent, item: undefined, seenAt: 0, members: undefined, twins: undefined };
}

export function makeMembers(owner: Node): Members {
  return { owner, byName: new Map(), listedAt: undefined, newer: undefined, older: undefined };
}

/** True for one version of one item, or for nothing twice. */
export function isSame(one: Known, other: Known): boolean {
  return one?.id === other?.id && one?.eTag === other?.eTag;
}
