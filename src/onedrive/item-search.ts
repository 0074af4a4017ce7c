import { DriveError } from '../drive/errors.ts';
import { type DrivePath, isWithin, joinPaths, toDrivePath } from '../drive/path.ts';
import { isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { getItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { searchItems, searchWords } from '../graph/search.ts';
import { withItem } from './known-item.ts';
import type { MetadataCache } from './metadata-cache.ts';
import type { OpenDrive } from './open-drive.ts';
import { type Resolver, refuseShortcut } from './resolve.ts';

export interface ItemSearchParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly resolver: Resolver;
  readonly cache: MetadataCache;
}

export interface FoundPaths {
  /** Their paths start where those of the search do. */
  readonly hits: readonly { readonly path: DrivePath; readonly item: DriveItem }[];
  readonly hasMore: boolean;
}

/** Finds the path of a folder by its id; undefined when there is none, or not there any more. */
type PathOf = (folderId: string) => Promise<DrivePath | undefined>;

/**
 * Searches a folder of a drive. Graph's index names only the id of the folder that each hit is in: one call for each of
 * these folders that is not cached tells its path. What the cache knows better than the index counts.
 */
export class ItemSearch {
  readonly #parts: ItemSearchParts;

  constructor(parts: ItemSearchParts) {
    this.#parts = parts;
  }

  async search(
    path: DrivePath,
    { text, limit, signal }: { text: string; limit: number; signal: AbortSignal },
  ): Promise<FoundPaths> {
    const { graph, open, resolver } = this.#parts;
    const read = async (folder: DriveItem): Promise<FoundPaths> => {
      if (refuseShortcut(folder, path).kind === 'file') {
        throw new DriveError('is-file', `cannot search "${folder.name}": it is a file`);
      }
      const words = searchWords(text);
      if (words === '') {
        return { hits: [], hasMore: false };
      }
      const place = { driveId: await open.id(signal), id: folder.id };
      const { items, hasMore } = await searchItems(graph.call, place, { words, limit }, signal);
      const pathOf = this.#foldersBelow(path, folder, signal);
      const hits = await Promise.all(items.map(item => this.#locate(item, pathOf)));
      return { hits: hits.filter(hit => hit !== undefined), hasMore };
    };
    return withItem(resolver, path, { signal, read });
  }

  async #locate(hit: DriveItem, pathOf: PathOf): Promise<FoundPaths['hits'][number] | undefined> {
    const folder = hit.parentId === undefined ? undefined : await pathOf(hit.parentId);
    if (folder === undefined) {
      return undefined;
    }
    const path = joinPaths(folder, toDrivePath([hit.name]));
    const known = this.#parts.cache.peek(path);
    const isOutdated = known === null || (known !== undefined && known.id !== hit.id);
    return isOutdated ? undefined : { path, item: known ?? hit };
  }

  /** Returns a function that finds each folder once, and only those in the folder at `path`. */
  #foldersBelow(path: DrivePath, { id: from }: DriveItem, signal: AbortSignal): PathOf {
    const { cache } = this.#parts;
    const found = new Map<string, Promise<DrivePath | undefined>>();
    const find = async (to: string) => {
      const names = cache.namesBetween({ from, to });
      const folder = names === undefined ? await this.#pathOf(to, signal) : joinPaths(path, toDrivePath(names));
      return folder !== undefined && isWithin(folder, path) ? folder : undefined;
    };
    return to => {
      const folder = found.get(to) ?? find(to);
      found.set(to, folder);
      return folder;
    };
  }

  async #pathOf(id: string, signal: AbortSignal): Promise<DrivePath | undefined> {
    const { graph, open } = this.#parts;
    try {
      const place = { driveId: await open.id(signal), id };
      // The index has just named it: a single answer that there is none would hide its hits.
      const folder = await getItem(graph.call, place, signal, { isKnown: true });
      const above = pathIn(folder.parentPath);
      return above && joinPaths(above, toDrivePath([folder.name]));
    } catch (error) {
      if (isItemAbsent(error)) {
        // The index is behind.
        return undefined;
      }
      throw error;
    }
  }
}

/** Returns the names in `/drives/…/root:/a/b`. */
function pathIn(parentPath: string | undefined): DrivePath | undefined {
  const text = parentPath === undefined ? undefined : /\/root:(.*)$/.exec(parentPath)?.[1];
  const names = text?.split('/').filter(name => name !== '');
  return names && toDrivePath(isEncoded(text!) ? names.map(decodeURIComponent) : names);
}

/**
 * Returns true for a path that Graph has percent-encoded, as it does with some and not with others: no character is
 * left that must be encoded, and none is encoded that need not be.
 */
function isEncoded(text: string): boolean {
  if (/[^\x21-\x7e]|%(?![0-9a-f]{2})|%(2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/i.test(text)) {
    return false;
  }
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
