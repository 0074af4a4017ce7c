import { LRUCache } from 'lru-cache';
import { baseName, type DrivePath, foldName, parentPath, pathKey } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';
import { SingleFlight } from './single-flight.ts';

/** `null`: proven absent. */
type Known = DriveItem | null;

interface Listing {
  readonly items: readonly DriveItem[];
  readonly byName: ReadonlyMap<string, DriveItem>;
  readonly expires: number;
}

export interface CacheOptions {
  /** Milliseconds for which an answer of Graph is taken as true. */
  readonly ttlMs: number;
  /** Items and listings, each. */
  readonly maxEntries: number;
  readonly clock: Clock;
}

/**
 * What one drive was seen to hold a few seconds ago. Readers of the same thing share one load; our own writes are put in at once; a load
 * that began before a write is given to its callers and not kept, because it may be older than the write.
 */
export class MetadataCache {
  readonly #options: CacheOptions;
  readonly #items: LRUCache<string, { item: Known; expires: number }>;
  readonly #listings: LRUCache<string, Listing>;
  readonly #itemFlights = new SingleFlight<Known>();
  readonly #listingFlights = new SingleFlight<readonly DriveItem[]>();
  /** When the members of a folder were last seen to change, by path. */
  readonly #changes: LRUCache<string, number>;
  /** Counts our writes. */
  #generation = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    // A bound by size takes memory as entries come; `max` would take all of it at once, for each mount.
    const bound = { maxSize: options.maxEntries, sizeCalculation: () => 1 };
    this.#items = new LRUCache(bound);
    this.#listings = new LRUCache(bound);
    this.#changes = new LRUCache(bound);
  }

  /** What is known of `path` now: the item, `null` when it is proven absent, undefined when nobody has looked. */
  peek(path: DrivePath): Known | undefined {
    const known = this.#items.get(pathKey(path));
    if (known !== undefined && known.expires > this.#now()) {
      return known.item;
    }
    const listing = path.length === 0 ? undefined : this.#freshListing(parentPath(path));
    return listing === undefined ? undefined : (listing.byName.get(foldName(baseName(path))) ?? null);
  }

  /** The item at `path`, from `load` when it is not known. */
  async item(path: DrivePath, load: (signal: AbortSignal) => Promise<Known>, signal: AbortSignal): Promise<Known> {
    const known = this.peek(path);
    if (known !== undefined) {
      return known;
    }
    const loadAndKeep = async (shared: AbortSignal) => {
      const generation = this.#generation;
      const item = await load(shared);
      if (generation === this.#generation) {
        this.#keep(path, item);
      }
      return item;
    };
    return this.#itemFlights.run(pathKey(path), loadAndKeep, signal);
  }

  /** All members of the folder at `path`, from `load` when they are not known. */
  async listing(
    path: DrivePath,
    load: (signal: AbortSignal) => Promise<readonly DriveItem[]>,
    signal: AbortSignal,
  ): Promise<readonly DriveItem[]> {
    const known = this.#freshListing(path);
    if (known !== undefined) {
      return known.items;
    }
    const loadAndKeep = async (shared: AbortSignal) => {
      const generation = this.#generation;
      const items = await load(shared);
      if (generation === this.#generation) {
        this.#keepListing(path, items);
      }
      return items;
    };
    return this.#listingFlights.run(pathKey(path), loadAndKeep, signal);
  }

  /** We have just written `item` at `path`. */
  put(path: DrivePath, item: DriveItem): void {
    this.#changed();
    // A new version of a file that is known to be there is no new member.
    if (this.peek(path)?.id !== item.id) {
      this.#memberChanged(path);
    }
    this.#keep(path, item);
    this.#editListing(path, item);
  }

  /** We have just removed what was at `path`, with all below it. */
  remove(path: DrivePath): void {
    this.#changed();
    this.#dropTree(path);
    this.#memberChanged(path);
    this.#keep(path, null);
    this.#editListing(path, undefined);
  }

  /**
   * When a member of the folder at `path` was last seen to come or go. OneDrive does not move a folder's own date then, and Finder looks
   * for new names only in a folder whose date has moved (webdavfs, `webdav_vnops.c`).
   */
  membersChanged(path: DrivePath): Date | undefined {
    const at = this.#changes.get(pathKey(path));
    return at === undefined ? undefined : new Date(Math.floor(at / 1000) * 1000);
  }

  /** A client has given the folder a date of its own, which counts from now on. */
  forgetMembersChanged(path: DrivePath): void {
    this.#changes.delete(pathKey(path));
  }

  /** What was known of `path` and all below it may not be true any more. */
  forgetTree(path: DrivePath): void {
    this.#changed();
    this.#dropTree(path);
    if (path.length > 0) {
      this.#listings.delete(pathKey(parentPath(path)));
    }
  }

  #dropTree(path: DrivePath): void {
    const key = pathKey(path);
    for (const map of [this.#items, this.#listings]) {
      for (const other of [...map.keys()]) {
        if (other === key || key === '' || other.startsWith(`${key}/`)) {
          map.delete(other);
        }
      }
    }
  }

  #changed(): void {
    this.#generation += 1;
    this.#itemFlights.forget();
    this.#listingFlights.forget();
  }

  #keep(path: DrivePath, item: Known): void {
    this.#items.set(pathKey(path), { item, expires: this.#now() + this.#options.ttlMs });
  }

  #keepListing(path: DrivePath, items: readonly DriveItem[]): void {
    const byName = new Map(items.map(item => [foldName(item.name), item]));
    const key = pathKey(path);
    const before = this.#listings.get(key)?.byName;
    if (before !== undefined && !hasSameNames(before, byName)) {
      this.#changes.set(key, this.#now());
    }
    this.#listings.set(key, { items, byName, expires: this.#now() + this.#options.ttlMs });
  }

  #memberChanged(path: DrivePath): void {
    if (path.length > 0) {
      this.#changes.set(pathKey(parentPath(path)), this.#now());
    }
  }

  /** Keeps the parent's listing true to our own write; its age stays what it was. */
  #editListing(path: DrivePath, item: DriveItem | undefined): void {
    const key = pathKey(parentPath(path));
    const listing = path.length === 0 ? undefined : this.#listings.get(key);
    if (listing === undefined) {
      return;
    }
    const name = foldName(baseName(path));
    const others = listing.items.filter(other => foldName(other.name) !== name && other.id !== item?.id);
    const items = item === undefined ? others : [...others, item];
    this.#listings.set(key, {
      items,
      byName: new Map(items.map(each => [foldName(each.name), each])),
      expires: listing.expires,
    });
  }

  #freshListing(path: DrivePath): Listing | undefined {
    const listing = this.#listings.get(pathKey(path));
    return listing !== undefined && listing.expires > this.#now() ? listing : undefined;
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function hasSameNames(before: Listing['byName'], now: Listing['byName']): boolean {
  return before.size === now.size && [...now.keys()].every(name => before.has(name));
}
