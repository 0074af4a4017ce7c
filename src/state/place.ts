/**
 * A place is the names of a resource from the root down; `[]` is the root. No name is empty or contains a slash
 * (`toDrivePath` of `drive/path.ts` ensures it); the keys below rely on this.
 */
export type Place = readonly string[];

/** Returns true when `place` is `folder` or anywhere below it. */
export function isAtOrBelow(place: Place, folder: Place): boolean {
  return folder.every((name, index) => name === place[index]);
}

/** Returns `place`, which is at or below `from`, after a rename of `from` to `to`. */
export function relocate(place: Place, from: Place, to: Place): Place {
  return [...to, ...place.slice(from.length)];
}

/**
 * Returns a place as the text `/a/b/`: a folder's key is a prefix of its members' keys only ("/a/" is not a prefix of
 * "/ab/").
 */
export function placeKey(place: Place): string {
  return `/${place.map(name => `${name}/`).join('')}`;
}

/** Returns the place with this key. */
export function placeOfKey(key: string): Place {
  return key.split('/').slice(1, -1);
}

/**
 * Returns the first text after all keys that begin with `key`. SQLite compares text byte by byte in UTF-8, where `0`
 * comes right after `/`; so this is correct for all names, without LIKE and its wildcards.
 */
export function endOfKey(key: string): string {
  return `${key.slice(0, -1)}0`;
}
