import type { DrivePath } from '../../drive/path.ts';
import type { StoredLock } from '../../state/lock-store.ts';
import { type DavRequest, placeOf } from '../request.ts';

/**
 * The locks that reach `path`; with `members` also those below it. Nobody is asked where it is known at once that there
 * is none.
 */
export async function locksAt(
  request: DavRequest,
  path: DrivePath,
  { members = false } = {},
): Promise<readonly StoredLock[]> {
  const { locks, clock } = request.services;
  return locks.hasNone?.() === true ? [] : locks.discover(placeOf(request, path), { now: clock.now(), members });
}
