import type { StoredLock } from '../lock-store.ts';
import { type Place, placeKey, placeOfKey } from '../place.ts';

/** A lock as the queries of every engine return it: `place` is a key, `root` is JSON. */
export type LockRow = Omit<StoredLock, 'place' | 'root' | 'depth'> & {
  readonly place: string;
  readonly root: string;
  readonly depth: '0' | 'infinity';
};

export function toLockRow(lock: StoredLock): LockRow {
  const depth = lock.depth === 0 ? '0' : 'infinity';
  return { ...lock, place: placeKey(lock.place), root: JSON.stringify(lock.root), depth };
}

export function toLock(row: LockRow): StoredLock {
  return {
    ...row,
    place: placeOfKey(row.place),
    root: JSON.parse(row.root) as string[],
    depth: row.depth === '0' ? 0 : 'infinity',
  };
}

/** Returns the keys of the folders above `place`, from the root down, and its own. */
export function keysDownTo(place: Place): string[] {
  const keys = [placeKey([])];
  for (const name of place) {
    keys.push(`${keys.at(-1)}${name}/`);
  }
  return keys;
}
