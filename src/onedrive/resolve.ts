import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, dropNames, foldName, parentPath, ROOT } from '../drive/path.ts';
import { listChildren } from '../graph/children.ts';
import { isGraphError, isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { getItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Look, MetadataCache } from './metadata-cache.ts';
import { isImpossible, isOdd } from './names.ts';
import type { OpenDrive } from './open-drive.ts';
import { UNPROVEN } from './unproven-absences.ts';

export interface ResolverParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly cache: MetadataCache;
  /** The folder that is mounted: nothing above it is asked for, but whether the drive is there. */
  readonly mounted: DrivePath;
}

/** A folder above a path; `id` is undefined for the drive's root. */
interface Ancestor {
  readonly id: string | undefined;
  readonly depth: number;
}

const TOP: Ancestor = { id: undefined, depth: 0 };

/**
 * From paths in a drive to its items, through the cache, with one call at the most for one item. The paths begin at the
 * drive's root, which is above the mount's: errors show last names only.
 */
export class Resolver {
  readonly #parts: ResolverParts;

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** The item at `path`; throws `not-found` when it is proven absent. */
  async item(path: DrivePath, signal: AbortSignal): Promise<DriveItem> {
    return existing(await this.find(path, signal), path);
  }

  /** The item at `path`, or null when it is proven absent. */
  async find(path: DrivePath, signal: AbortSignal): Promise<DriveItem | null> {
    if (isImpossible(path)) {
      return null;
    }
    return this.#parts.cache.item(path, shared => this.#look(path, shared), signal);
  }

  /** The same, asked from Graph whatever the cache holds of the item itself. */
  async load(path: DrivePath, signal: AbortSignal): Promise<DriveItem | null> {
    const look = await this.#look(path, signal);
    return look === UNPROVEN ? null : look;
  }

  async #look(path: DrivePath, signal: AbortSignal): Promise<Look> {
    const ancestor = this.#nearestKnown(path);
    if (ancestor === 'absent') {
      return null;
    }
    return hasOddName(path, ancestor.depth)
      ? this.#findListed(path, 'members', signal)
      : this.#get(path, ancestor, signal);
  }

  /**
   * The item that is at `path` now, whatever the cache holds, which knows it from then on. Throws `not-found` when it
   * is proven absent.
   */
  async fresh(path: DrivePath, signal: AbortSignal): Promise<DriveItem> {
    const load = () =>
      hasOddName(path, 0) ? this.#findListed(path, 'freshMembers', signal) : this.#get(path, TOP, signal);
    return existing(isImpossible(path) ? null : await this.#parts.cache.freshItem(path, load, signal), path);
  }

  /** Graph finds nothing by a path that leads through a shortcut: that is no absence. */
  async #refuseWayThroughShortcut(path: DrivePath, signal: AbortSignal): Promise<void> {
    const folder = parentPath(path);
    const parent = await this.find(folder, signal);
    if (parent !== null) {
      refuseShortcut(parent, folder);
    }
  }

  /** The first shortcut on the way to `path`, or there. */
  async shortcut(path: DrivePath, signal: AbortSignal): Promise<ShortcutOnPath | undefined> {
    try {
      const item = await this.find(path, signal);
      return item?.isShortcut ? { depth: path.length, item } : undefined;
    } catch (error) {
      if (error instanceof ShortcutInTheWay) {
        return error.shortcut;
      }
      throw error;
    }
  }

  /**
   * By the listing of its folder, where a path cannot be relied on. What is below an odd folder is asked for by that
   * folder's id.
   */
  async #findListed(path: DrivePath, look: 'members' | 'freshMembers', signal: AbortSignal): Promise<Look> {
    const folder = parentPath(path);
    const parent = await this.find(folder, signal);
    if (parent?.kind !== 'folder') {
      return parent === null ? UNPROVEN : null;
    }
    if (!isOdd(baseName(path), path.length === 1)) {
      return this.#get(path, { id: parent.id, depth: folder.length }, signal);
    }
    const name = foldName(baseName(path));
    const found = (await this[look](folder, signal)).find(item => foldName(item.name) === name);
    if (found?.kind !== 'file' || look === 'members') {
      return found ?? null;
    }
    // Those of listings come without a URL.
    const { graph, open } = this.#parts;
    return getItem(graph.call, { driveId: await open.id(signal), id: found.id }, signal, { isKnown: true });
  }

  async #get(path: DrivePath, from: Ancestor, signal: AbortSignal): Promise<Look> {
    const { graph, open, cache } = this.#parts;
    const driveId = await open.id(signal);
    const names = dropNames(path, from.depth);
    const isKnown = cache.remembers(path) || (path.length === 0 && open.wasFound());
    try {
      const item = await getItem(graph.call, { driveId, id: from.id, names }, signal, { isKnown });
      if (path.length === 0) {
        open.rootSeen();
      }
      return isAt(item, path, from) ? item : UNPROVEN;
    } catch (error) {
      if (path.length === 0 && isGraphError(error, 'answer') && open.isMissing(error)) {
        throw await open.rootMissing(driveId, error, signal);
      }
      if (!isItemAbsent(error)) {
        throw error;
      }
      if (path.length === this.#parts.mounted.length) {
        // Whoever never asks for the drive's root must be told as well that there is none any more.
        await this.item(ROOT, signal);
      }
      if (names.length > 1) {
        await this.#refuseWayThroughShortcut(path, signal);
      }
      // What was seen before has been asked about twice.
      return isKnown ? null : UNPROVEN;
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
    return refuseShortcut(parent, parentPath(path));
  }

  /** The item `id` wherever it is; undefined when Graph says that there is none. */
  async withId(id: string, signal: AbortSignal): Promise<DriveItem | undefined> {
    const { graph, open } = this.#parts;
    const place = { driveId: await open.id(signal), id };
    return getItem(graph.call, place, signal).catch((error: unknown) => {
      if (isItemAbsent(error)) {
        return undefined;
      }
      throw error;
    });
  }

  /** All members of the folder at `path`. */
  async members(path: DrivePath, signal: AbortSignal): Promise<readonly DriveItem[]> {
    const load = async (shared: AbortSignal) => this.#children(path, await this.item(path, shared), shared);
    return this.#parts.cache.listing(path, load, signal);
  }

  /** The same, as they are now, whatever the cache holds, which knows them from then on. */
  async freshMembers(path: DrivePath, signal: AbortSignal): Promise<readonly DriveItem[]> {
    const folder = await this.fresh(path, signal);
    return this.#parts.cache.freshListing(path, () => this.#children(path, folder, signal));
  }

  async #children(path: DrivePath, folder: DriveItem, signal: AbortSignal): Promise<readonly DriveItem[]> {
    if (folder.kind === 'file') {
      throw new DriveError('is-file', `cannot list "${folder.name}": it is a file`);
    }
    refuseShortcut(folder, path);
    const { graph, open } = this.#parts;
    return listChildren(graph.call, { driveId: await open.id(signal), id: folder.id }, signal);
  }

  /**
   * Where the one call starts: the deepest ancestor that is known, else the root. A file or a gap on the way proves
   * absence.
   */
  #nearestKnown(path: DrivePath): Ancestor | 'absent' {
    for (let at = parentPath(path), depth = path.length - 1; depth > 0; at = parentPath(at), depth -= 1) {
      const known = this.#parts.cache.peek(at);
      if (known === null || known?.kind === 'file') {
        return 'absent';
      }
      if (known !== undefined) {
        refuseShortcut(known, at);
      }
      if (known !== undefined) {
        return { id: known.id, depth };
      }
    }
    return TOP;
  }
}

/** A shortcut that a path leads to, or through; `depth` is how many names of the path lead to it. */
export interface ShortcutOnPath {
  readonly depth: number;
  readonly item: DriveItem;
}

class ShortcutInTheWay extends DriveError {
  readonly shortcut: ShortcutOnPath;

  constructor(shortcut: ShortcutOnPath) {
    super(
      'forbidden',
      `cannot open "${shortcut.item.name}": it is a shortcut to another drive; mount that drive, or set shortcuts: follow`,
    );
    this.shortcut = shortcut;
  }
}

/**
 * What a shortcut leads to belongs to another drive. The application may read it, but whether the people of this
 * mount may, nobody has said: rights in the other drive may have been taken from them since. `path` is its own.
 */
export function refuseShortcut(item: DriveItem, path: DrivePath): DriveItem {
  if (item.isShortcut) {
    throw new ShortcutInTheWay({ depth: path.length, item });
  }
  return item;
}

function hasOddName(path: DrivePath, from: number): boolean {
  return path.some((name, depth) => depth >= from && isOdd(name, depth === 0));
}

function existing(item: DriveItem | null, path: DrivePath): DriveItem {
  if (item === null) {
    throw new DriveError('not-found', `cannot find "${baseName(path)}"`);
  }
  return item;
}

/**
 * Whether Graph gave the item that was asked for: look-ups by path have answered with another path's item (abraunegg,
 * onedrive-go). The folder is compared as far as Graph names it; above one that was asked by its id, there is nothing
 * to compare.
 */
function isAt(item: DriveItem, path: DrivePath, from: Ancestor): boolean {
  if (path.length === 0) {
    return true;
  }
  if (foldName(item.name) !== foldName(baseName(path))) {
    return false;
  }
  const between = dropNames(parentPath(path), from.depth).map(name => `/${name}`);
  if (from.id !== undefined && between.length === 0) {
    return item.parentId === undefined || item.parentId === from.id;
  }
  const parent = item.parentPath?.split('/root:')[1];
  const wanted = foldName(between.join(''));
  const isRight = (text: string) => (from.id === undefined ? text === wanted : text.endsWith(wanted));
  // Encoded in places, and not in others: `a%41b` can be the one or the other.
  return parent === undefined || isRight(foldName(parent)) || isRight(foldName(decoded(parent)));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // Not encoded after all, and with a percent sign of its own.
    return path;
  }
}
