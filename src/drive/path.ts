import { foldName } from '../lib/fold-name.ts';

export { foldName };

declare const brand: unique symbol;

/**
 * The place of an entry in a drive: its names from the root down, decoded, in Unicode NFC; `[]` is the root. Made only
 * by `toDrivePath`, so that policy checks the same path that the drive opens.
 */
export type DrivePath = readonly string[] & { readonly [brand]: true };

export const ROOT = [] as unknown as DrivePath;

/** Creates a path from names that `lib/url-path.ts` has decoded and checked: none empty, no slash, no dot segment. */
export function toDrivePath(names: readonly string[]): DrivePath {
  return names.map(toName) as unknown as DrivePath;
}

function toName(name: string): string {
  if (name === '' || name === '.' || name === '..' || name.includes('/')) {
    throw new TypeError(`not a path segment: ${JSON.stringify(name)}`);
  }
  return name.normalize('NFC');
}

/** Returns the path of the member `name` of `folder`. */
export function childPath(folder: DrivePath, name: string): DrivePath {
  return [...folder, toName(name)] as unknown as DrivePath;
}

/** Returns the folder that contains `path`; the root's parent is the root. */
export function parentPath(path: DrivePath): DrivePath {
  return path.slice(0, -1) as unknown as DrivePath;
}

/** Returns the last name of `path`; `''` for the root. */
export function baseName(path: DrivePath): string {
  return path.at(-1) ?? '';
}

/** Returns `path` without its first `count` names. */
export function dropNames(path: DrivePath, count: number): DrivePath {
  return path.slice(count) as unknown as DrivePath;
}

/** Returns `path` with `prefix` in front. */
export function joinPaths(prefix: DrivePath, path: DrivePath): DrivePath {
  return [...prefix, ...path] as unknown as DrivePath;
}

/** Returns a string that is equal for two paths exactly when they name the same entry. */
export function pathKey(path: DrivePath): string {
  return path.map(foldName).join('/');
}

/** Returns true when `path` is `folder` or lies below it, segment by segment. */
export function isWithin(path: DrivePath, folder: DrivePath): boolean {
  return path.length >= folder.length && folder.every((name, index) => foldName(name) === foldName(path[index]!));
}

/** Formats a path for people: `/a/b`. Not for hrefs; `webdav/href.ts` encodes those. */
export function formatPath(path: DrivePath): string {
  return `/${path.join('/')}`;
}
