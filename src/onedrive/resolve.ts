import { LRUCache } from 'lru-cache';
import type { Basis } from '../drive/basis.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, dropNames, foldName, parentPath, ROOT } from '../drive/path.ts';
import { listChildren } from '../graph/children.ts';
import { type DriveItem, foldedNameOf } from '../graph/drive-item.ts';
import { isGraphError, isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { getItemWithAuthors, type ItemAuthors } from '../graph/item-authors.ts';
import { getItem, getItemWithMembers } from '../graph/items.ts';
import { atMost } from '../lib/at-most.ts';
import type { FolderLook, Look } from './look.ts';
import type { MetadataCache } from './metadata-cache.ts';
import { isImpossible, isOdd } from './names.ts';
import type { OpenDrive } from './open-drive.ts';
import { UNPROVEN } from './unproven-absences.ts';

export interface ResolverParts {
  readonly graph: Graph;
  readonly open: OpenDrive;
  readonly cache: MetadataCache;
  /** The mounted folder: nothing above it is requested, except to check that the drive exists. */
  readonly mounted: DrivePath;
}

/** A folder above a path; `id` is undefined for the drive's root. */
interface Ancestor {
  readonly id: string | undefined;
  readonly depth: number;
}

/**
 * Graph expands so many members at most, and a listing of so few costs hardly more than a look at one of them. Each look
 * at a single name makes the listing of as many more members worth its time.
 */
const FEW_MEMBERS = 200;
const MAX_FOLDERS = 1_000;

const TOP: Ancestor = { id: undefined, depth: 0 };

/**
 * Finds items by their path in a drive, through the cache, with at most one call per item. Paths start at the drive's
 * root, which is above the mount's: errors show last names only.
 */
export class Resolver {
  readonly #parts: ResolverParts;
  /** How often a single name was requested before a write, by the id of its folder. */
  readonly #singleLooks = new LRUCache<string, number>(atMost(MAX_FOLDERS));

  constructor(parts: ResolverParts) {
    this.#parts = parts;
  }

  /** Returns the item at `path`; throws `not-found` when it is proven absent. */
  async item(path: DrivePath, signal: AbortSignal, basis?: Basis): Promise<DriveItem> {
    return existing(await this.find(path, signal, basis), path);
  }

  /** Does the same for a caller that is about to write at `path`. */
  async itemForWrite(path: DrivePath, signal: AbortSignal): Promise<DriveItem> {
    return existing(await this.findForWrite(path, signal), path);
  }

  /** Returns the item at `path`, or null when it is proven absent. */
  async find(path: DrivePath, signal: AbortSignal, basis?: Basis): Promise<DriveItem | null> {
    if (isImpossible(path)) {
      return null;
    }
    return this.#parts.cache.item(path, shared => this.#look(path, shared), signal, basis);
  }

  /**
   * Does the same for a caller that is about to write at `path`. The call fetches the folder together with its members
   * where one call shows them all: then the next names in it are known as well, and a new one costs only its write.
   */
  async findForWrite(path: DrivePath, signal: AbortSignal): Promise<DriveItem | null> {
    const folder = parentPath(path);
    if (path.length > 0 && !isImpossible(path) && !hasOddName(path, 0) && this.#isWorthListing(path, signal)) {
      await this.#parts.cache.lookAround(path, shared => this.#lookInto(folder, shared), signal);
    }
    return this.find(path, signal);
  }

  /** Returns true also for a folder of which nothing is known. */
  #isWorthListing(path: DrivePath, asker: AbortSignal): boolean {
    const { cache } = this.#parts;
    const folder = cache.peek(parentPath(path));
    if (folder === undefined) {
      return true;
    }
    if (folder?.kind !== 'folder' || folder.isShortcut || cache.peek(path, asker) !== undefined) {
      return false;
    }
    const looks = this.#singleLooks.get(folder.id) ?? 0;
    const isWorthIt = (folder.childCount ?? 0) <= FEW_MEMBERS * (looks + 1);
    this.#singleLooks.set(folder.id, isWorthIt ? 0 : looks + 1);
    return isWorthIt;
  }

  async #lookInto(folder: DrivePath, signal: AbortSignal): Promise<FolderLook> {
    const known = this.#parts.cache.peek(folder);
    if (known) {
      return { look: known, members: await this.#children(folder, known, signal) };
    }
    const ancestor = this.#nearestKnown(folder);
    if (ancestor === 'absent') {
      return { look: null };
    }
    let members: readonly DriveItem[] | undefined;
    const look = await this.#get(folder, ancestor, signal, async (...args) => {
      const seen = await getItemWithMembers(...args);
      members = seen.members;
      return seen.item;
    });
    return { look, members };
  }

  /** Does the same as `find`, but always requests the item itself from Graph. */
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
   * Fetches the item that is at `path` now, past the cache, and updates the cache. Throws `not-found` when it is proven
   * absent.
   */
  async fresh(path: DrivePath, signal: AbortSignal): Promise<DriveItem> {
    return this.#fresh(path, signal, getItem);
  }

  async #fresh(path: DrivePath, signal: AbortSignal, get: typeof getItem): Promise<DriveItem> {
    const load = () =>
      hasOddName(path, 0) ? this.#findListed(path, 'freshMembers', signal) : this.#get(path, TOP, signal, get);
    return existing(isImpossible(path) ? null : await this.#parts.cache.freshItem(path, load, signal), path);
  }

  /** Does the same, and returns the item's authors as far as they are known. */
  async withAuthors(path: DrivePath, signal: AbortSignal): Promise<{ item: DriveItem; authors: ItemAuthors }> {
    let authors: ItemAuthors = {};
    const item = await this.#fresh(path, signal, async (...args) => {
      const seen = await getItemWithAuthors(...args);
      authors = seen.authors;
      return seen.item;
    });
    return { item, authors };
  }

  /** Throws when `path` leads through a shortcut: Graph finds nothing there, which does not prove an absence. */
  async #refuseWayThroughShortcut(path: DrivePath, signal: AbortSignal): Promise<void> {
    const folder = parentPath(path);
    const parent = await this.find(folder, signal);
    if (parent !== null) {
      refuseShortcut(parent, folder);
    }
  }

  /** Returns the first shortcut on the way to `path`, or at it. */
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
   * Finds an item in the listing of its folder, where its path is not reliable. Items below an odd folder are requested
   * by that folder's id.
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
    const found = (await this[look](folder, signal)).find(item => foldedNameOf(item) === name);
    if (found?.kind !== 'file' || look === 'members') {
      return found ?? null;
    }
    // Items in listings come without a URL.
    const { graph, open } = this.#parts;
    return getItem(graph.call, { driveId: await open.id(signal), id: found.id }, signal, { isKnown: true });
  }

  async #get(path: DrivePath, from: Ancestor, signal: AbortSignal, get = getItem): Promise<Look> {
    const { graph, open, cache } = this.#parts;
    const driveId = await open.id(signal);
    const names = dropNames(path, from.depth);
    const isKnown = cache.remembers(path) || (path.length === 0 && open.wasFound());
    try {
      const item = await get(graph.call, { driveId, id: from.id, names }, signal, { isKnown });
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
        // A mount that never requests the drive's root must also learn that the root is gone.
        await this.item(ROOT, signal);
      }
      if (names.length > 1) {
        await this.#refuseWayThroughShortcut(path, signal);
      }
      // For an item seen before, `getItem` has asked twice.
      return isKnown ? null : UNPROVEN;
    }
  }

  /** Returns the parent folder of `path`; throws `no-parent` when there is none. */
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

  /** Returns the item `id` wherever it is; undefined when Graph says that there is none. */
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

  /** Returns all members of the folder at `path`. */
  async members(path: DrivePath, signal: AbortSignal, basis?: Basis): Promise<readonly DriveItem[]> {
    const load = async (shared: AbortSignal) => this.#children(path, await this.item(path, shared), shared);
    return this.#parts.cache.listing(path, load, signal, basis);
  }

  /** Fetches all members as they are now, past the cache, and updates the cache. */
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
   * Returns where the call starts: at the deepest known ancestor, else the root. A file or an absent folder on the way
   * proves absence.
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

/** A shortcut at or on the way to a path; `depth` is the number of the path's names that lead to it. */
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
 * Throws for a shortcut. Its target belongs to another drive. The application may read it, but nothing says that this
 * mount's users may: they may have lost their rights there since. `path` is the shortcut's own.
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
 * Returns true when Graph returned the requested item: look-ups by path have returned another path's item (abraunegg,
 * onedrive-go). The folder is compared as far as Graph names it, but not above an ancestor addressed by id.
 */
function isAt(item: DriveItem, path: DrivePath, from: Ancestor): boolean {
  if (path.length === 0) {
    return true;
  }
  if (foldedNameOf(item) !== foldName(baseName(path))) {
    return false;
  }
  const between = dropNames(parentPath(path), from.depth).map(name => `/${name}`);
  if (from.id !== undefined && between.length === 0) {
    return item.parentId === undefined || item.parentId === from.id;
  }
  const parent = item.parentPath?.split('/root:')[1];
  const wanted = foldName(between.join(''));
  const isRight = (text: string) => (from.id === undefined ? text === wanted : text.endsWith(wanted));
  // Graph encodes some paths and not others: `a%41b` may be either.
  return parent === undefined || isRight(foldName(parent)) || isRight(foldName(decoded(parent)));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // The path is not encoded, and contains a percent sign.
    return path;
  }
}
