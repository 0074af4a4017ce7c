/**
 * A place is the names of a resource from the root down; `[]` is the root. No name is empty or holds a slash
 * (`toDrivePath` of `drive/path.ts` sees to it), which is what the keys below rest on.
 */
export type Place = readonly string[];

/** True when `place` is `folder` or anywhere below it. */
export function isAtOrBelow(place: Place, folder: Place): boolean {
  return folder.every((name, index) => name === place[index]);
}

/** `place`, which is at or below `from`, as it is called when `from` is called `to`. */
export function relocate(place: Place, from: Place, to: Place): Place {
  return [...to, ...place.slice(from.length)];
}

/**
 * A place as the text `/a/b/`: a folder's key is a prefix of its members' keys, and of no others ("/a/" is none of
 * "/ab/").
 */
export function placeKey(place: Place): string {
  return `/${place.map(name => `${name}/`).join('')}`;
}

/** The place that has this key. */
export function placeOfKey(key: string): Place {
  return key.split('/').slice(1, -1);
}

/**
 * The first text behind all keys that begin with `key`. SQLite compares text byte by byte in UTF-8, where `0` comes
 * right after `/`; so this holds whatever the names are, and LIKE with its wildcards is not needed.
 */
export function endOfKey(key: string): string {
  return `${key.slice(0, -1)}0`;
}
