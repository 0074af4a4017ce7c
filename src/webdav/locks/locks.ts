import { randomUUID } from 'node:crypto';
import type { LockLimits, Touched } from '../../state/lock-store.ts';

export type { Holder } from '../../state/lock-store.ts';
export type { Place } from '../../state/place.ts';

/**
 * The kinds of change that a method makes (RFC 4918 §7). `entry`: content or properties of the entry. `tree`: the entry
 * with all its members. `new`: a name that its folder does not have yet. `gone`: a name that leaves its folder. `own`:
 * a change that a lock does not forbid its own user.
 */
export type Change = 'entry' | 'tree' | 'new' | 'gone' | 'own';

/**
 * The parts of an entry and its folder that must be free of other people's locks before a change. A name is part of its
 * folder (RFC 4918 §7.4).
 */
export const TOUCHED = {
  entry: { self: 'entry', folder: false },
  tree: { self: 'tree', folder: false },
  new: { self: 'entry', folder: true },
  gone: { self: 'tree', folder: true },
  own: { self: undefined, folder: false },
} as const satisfies Record<Change, { readonly self: Touched['reach'] | undefined; readonly folder: boolean }>;

/**
 * RFC 4918 sets no limit. Without one, anybody could slow the server down with a large table of locks. `here` limits
 * shared locks, one for each person who edits a document together with others. `ofUser` fits a desktop that has a whole
 * project open.
 */
export const LOCK_LIMITS: LockLimits = { here: 64, ofUser: 10_000 };

/** RFC 4918 Appendix C. The random bits come from the system's secure source (S6 of docs/webdav-server.md). */
export function newToken(): string {
  return `opaquelocktoken:${randomUUID()}`;
}
