import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, dropNames, foldName, parentPath } from '../drive/path.ts';
import { listChildren } from '../graph/children.ts';
import { isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { getItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { MetadataCache } from './metadata-cache.ts';
import { objectionTo } from './names.ts';
import type { OpenDrive } from './open-drive.ts';

export interface ResolverParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly cache: MetadataCache;
}

/**
 * From paths in a drive to its items, through the cache, with one call at the most for one item. The paths begin at the drive's root, which
 * is above the mount's: errors show last names only.
 */
export class Resolver {
  readonly #parts: ResolverParts;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** The item at `path`; throws `not-found` when it is proven absent. */
  async item(path: DrivePath, signal: AbortSignal): Promise<DriveItem> {
    const item = await this.find(path, signal);
    if (item === null) {
      throw new DriveError('not-found', `cannot find "${baseName(path)}"`);
    }
    return item;
  }

  /** The item at `path`, or null when it is proven absent. */
  async find(path: DrivePath, signal: AbortSignal): Promise<DriveItem | null> {
    if (objectionTo(path) !== undefined) {
      return null;
    }
    return this.#parts.cache.item(path, shared => this.load(path, shared), signal);
  }

  /** The same, asked from Graph whatever the cache holds of the item itself. */
  async load(path: DrivePath, signal: AbortSignal): Promise<DriveItem | null> {
    const ancestor = this.#nearestKnown(path);
    if (ancestor === 'absent') {
      return null;
    }
    const { graph, open } = this.#parts;
    const driveId = await open.id(signal);
    const names = dropNames(path, ancestor.depth);
    try {
      const item = await getItem(graph.call, { driveId, id: ancestor.id, names }, signal);
      return isAt(item, path) && !item.isShortcut ? item : null;
    } catch (error) {
      if (isGraphError(error, 'answer') && error.status === 404 && path.length > 0) {
        return null;
      }
      throw error;
    }
  }

  /** The folder that is to hold `path`; throws `no-parent` when there is none. */
  async parent(path: DrivePath, signal: AbortSignal): Promise<DriveItem> {
    const parent = await this.find(parentPath(path), signal);
    if (parent?.kind !== 'folder') {
      throw new DriveError(
        'no-parent',
        `cannot put "${baseName(path)}" anywhere: there is no folder "${baseName(parentPath(path))}"`,
      );
    }
    return parent;
  }

  /** All members of the folder at `path`, shortcuts to other drives left out: they would lead out of the mailbox. */
  async members(path: DrivePath, signal: AbortSignal): Promise<readonly DriveItem[]> {
    const { cache, graph, open } = this.#parts;
    const load = async (shared: AbortSignal) => {
      const folder = await this.item(path, shared);
      if (folder.kind === 'file') {
        throw new DriveError('is-file', `cannot list "${baseName(path)}": it is a file`);
      }
      const driveId = await open.id(shared);
      const items = await listChildren(graph.call, { driveId, id: folder.id }, shared);
      return items.filter(item => !item.isShortcut);
    };
    return cache.listing(path, load, signal);
  }

  /** Where the one call starts: the deepest ancestor that is known, else the root. A file or a gap on the way proves absence. */
  #nearestKnown(path: DrivePath): { id: string | undefined; depth: number } | 'absent' {
    for (let at = parentPath(path), depth = path.length - 1; depth > 0; at = parentPath(at), depth -= 1) {
      const known = this.#parts.cache.peek(at);
      if (known === null || known?.kind === 'file') {
        return 'absent';
      }
      if (known !== undefined) {
        return { id: known.id, depth };
      }
    }
    return { id: undefined, depth: 0 };
  }
}

/**
 * Whether Graph gave the item that was asked for: look-ups by path have answered with another path's item (abraunegg, onedrive-go).
 * The parent is compared where Graph names it.
 */
function isAt(item: DriveItem, path: DrivePath): boolean {
  if (path.length === 0) {
    return true;
  }
  if (foldName(item.name) !== foldName(baseName(path))) {
    return false;
  }
  const parent = item.parentPath?.split('/root:')[1];
  return (
    parent === undefined ||
    foldName(parent) ===
      foldName(
        parentPath(path)
          .map(name => `/${name}`)
          .join(''),
      )
  );
}
