import { foldName } from '../lib/fold-name.ts';

export { foldName };

declare const brand: unique symbol;

/**
 * The place of an entry in a drive: its names from the root down, decoded, in Unicode NFC; `[]` is the root.
 * Made by `toDrivePath` only, so that the path which policy checks is the path which the drive opens.
 */
export type DrivePath = readonly string[] & { readonly [brand]: true };

export const ROOT = [] as unknown as DrivePath;

/** Makes a path from names that `lib/url-path.ts` has decoded and checked: none empty, no slash, no dot segment. */
export function toDrivePath(names: readonly string[]): DrivePath {
  for (const name of names) {
    if (name === '' || name === '.' || name === '..' || name.includes('/')) {
      throw new TypeError(`not a path segment: ${JSON.stringify(name)}`);
    }
  }
  return names.map(name => name.normalize('NFC')) as unknown as DrivePath;
}

/** The path of the member `name` of `folder`. */
export function childPath(folder: DrivePath, name: string): DrivePath {
  return toDrivePath([...folder, name]);
}

/** The folder that holds `path`; the root's parent is the root. */
export function parentPath(path: DrivePath): DrivePath {
  return path.slice(0, -1) as unknown as DrivePath;
}

/** The last name of `path`; `''` for the root. */
export function baseName(path: DrivePath): string {
  return path.at(-1) ?? '';
}

/** `path` without its first `count` names. */
export function dropNames(path: DrivePath, count: number): DrivePath {
  return path.slice(count) as unknown as DrivePath;
}

/** `path` as seen from above `prefix`. */
export function joinPaths(prefix: DrivePath, path: DrivePath): DrivePath {
  return [...prefix, ...path] as unknown as DrivePath;
}

/** A string that is equal for two paths exactly when they name the same entry. */
export function pathKey(path: DrivePath): string {
  return path.map(foldName).join('/');
}

/** True when `path` is `folder` or lies below it, segment by segment. */
export function isWithin(path: DrivePath, folder: DrivePath): boolean {
  return path.length >= folder.length && folder.every((name, index) => foldName(name) === foldName(path[index]!));
}

/** For people: `/a/b`. Never for hrefs; those are encoded in `webdav/href.ts`. */
export function formatPath(path: DrivePath): string {
  return `/${path.join('/')}`;
}
