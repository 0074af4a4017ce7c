import { randomUUID } from 'node:crypto';
import type { LockLimits, Touched } from '../../state/lock-store.ts';

export type { Holder } from '../../state/lock-store.ts';
export type { Place } from '../../state/place.ts';

/**
 * What a method is about to change (RFC 4918 §7): `entry` its content or properties, `tree` it with all its members,
 * `new` a name that its folder does not have yet, `gone` a name that its folder will not have any more, `own` what the
 * user may do to an entry that is locked, too.
 */
export type Change = 'entry' | 'tree' | 'new' | 'gone' | 'own';

/**
 * What of an entry and its folder must be free of other people's locks before a change (RFC 4918 §7.4: a name is part
 * of its folder).
 */
export const TOUCHED = {
  entry: { self: 'entry', folder: false },
  tree: { self: 'tree', folder: false },
  new: { self: 'entry', folder: true },
  gone: { self: 'tree', folder: true },
  own: { self: undefined, folder: false },
} as const satisfies Record<Change, { readonly self: Touched['reach'] | undefined; readonly folder: boolean }>;

/**
 * RFC 4918 has no bound; without one a table of locks is a way to slow everybody down. `here`: shared ones, that is,
 * people who edit one document together. `ofUser`: a desktop that has a whole project open.
 */
export const LOCK_LIMITS: LockLimits = { here: 64, ofUser: 10_000 };

/** RFC 4918 Appendix C. The random bits come from the system's secure source (S6 of docs/webdav-server.md). */
export function newToken(): string {
  return `opaquelocktoken:${randomUUID()}`;
}
