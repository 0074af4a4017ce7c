import type { DrivePath } from '../../drive/path.ts';
import type { StoredLock } from '../../state/lock-store.ts';
import { placeOf, type RequestPart } from '../request.ts';

/**
 * The locks that reach `path`; with `members` also the locks below it. The store is not asked when it is known at once
 * that there is no lock.
 */
export async function locksAt(
  { drive, services }: RequestPart<'drive', 'locks' | 'clock'>,
  path: DrivePath,
  { members = false } = {},
): Promise<readonly StoredLock[]> {
  const { locks, clock } = services;
  return locks.hasNone?.() === true ? [] : locks.discover(placeOf(drive, path), { now: clock.now(), members });
}
