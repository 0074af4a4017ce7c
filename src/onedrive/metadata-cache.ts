import { LRUCache } from 'lru-cache';
import { baseName, type DrivePath, foldName, parentPath, pathKey } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';
import type { CacheBudget } from './cache-budget.ts';
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
  /** What this cache shares with others; an item of a listing counts as one more. Absent: nothing. */
  readonly budget?: CacheBudget;
  readonly clock: Clock;
  /** Called with each item that Graph has just given by itself; those of listings come without a URL. */
  readonly seen?: (item: DriveItem) => void;
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
  /** Items of all listings. */
  #listed = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    // A bound by size takes memory as entries come; `max` would take all of it at once, for each mount.
    const bound = { maxSize: options.maxEntries, sizeCalculation: () => 1 };
    this.#items = new LRUCache(bound);
    this.#listings = new LRUCache({
      ...bound,
      dispose: ({ items }) => {
        this.#listed -= items.length;
      },
    });
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

  /** Whether there was something at `path` when somebody looked last, however long ago. */
  remembers(path: DrivePath): boolean {
    const known = this.#items.get(pathKey(path));
    const listing = path.length === 0 ? undefined : this.#listings.get(pathKey(parentPath(path)));
    return known === undefined ? listing?.byName.has(foldName(baseName(path))) === true : known.item !== null;
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

  /** The item at `path` from `load`, whatever is known; what was known is put right. */
  async freshItem(path: DrivePath, load: () => Promise<Known>): Promise<Known> {
    const generation = this.#generation;
    const item = await load();
    this.#learn(path, item, generation === this.#generation);
    return item;
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

  /** All members of the folder at `path` from `load`, whatever is known; what was known of them is put right. */
  async freshListing(path: DrivePath, load: () => Promise<readonly DriveItem[]>): Promise<readonly DriveItem[]> {
    const generation = this.#generation;
    const items = await load();
    this.#dropOutdated(path, items);
    if (generation !== this.#generation) {
      this.#listings.delete(pathKey(path));
      return items;
    }
    // Loads that are under way may be older than this one.
    this.#changed();
    this.#keepListing(path, items);
    return items;
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

  /** Lets go of everything that can be asked for again. */
  empty(): void {
    this.#items.clear();
    this.#listings.clear();
  }

  /** What a look past the cache has seen. `isLatest`: we have written nothing meanwhile, so that nothing later is known. */
  #learn(path: DrivePath, item: Known, isLatest: boolean): void {
    const known = this.peek(path);
    const isNews = known === undefined || !isSame(known, item);
    if (!isLatest) {
      if (isNews) {
        this.forgetTree(path);
      }
      return;
    }
    if (isNews) {
      // Loads that are under way may be older than this look.
      this.#changed();
    }
    if (known !== undefined && known?.id !== item?.id) {
      this.#dropTree(path);
      this.#memberChanged(path);
    }
    this.#keep(path, item);
    this.#editListing(path, item ?? undefined);
  }

  /** Drops what contradicts the members of a folder. */
  #dropOutdated(path: DrivePath, members: readonly DriveItem[]): void {
    const start = path.length === 0 ? '' : `${pathKey(path)}/`;
    const byKey = new Map(members.map(item => [start + foldName(item.name), item]));
    for (const [key, { item }] of [...this.#items.entries()]) {
      const isMember = key !== '' && key.startsWith(start) && !key.slice(start.length).includes('/');
      if (isMember && !isSame(item, byKey.get(key) ?? null)) {
        this.#dropKey(key);
      }
    }
  }

  #dropTree(path: DrivePath): void {
    this.#dropKey(pathKey(path));
  }

  #dropKey(key: string): void {
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
    if (item !== null) {
      this.#options.seen?.(item);
    }
    this.#items.set(pathKey(path), { item, expires: this.#now() + this.#options.ttlMs });
    this.#weigh();
  }

  #keepListing(path: DrivePath, items: readonly DriveItem[]): void {
    const byName = new Map(items.map(item => [foldName(item.name), item]));
    const key = pathKey(path);
    const before = this.#listings.get(key)?.byName;
    if (before !== undefined && !hasSameNames(before, byName)) {
      this.#changes.set(key, this.#now());
    }
    this.#setListing(key, { items, byName, expires: this.#now() + this.#options.ttlMs });
  }

  #setListing(key: string, listing: Listing): void {
    this.#listed += listing.items.length;
    this.#listings.set(key, listing);
    this.#weigh();
  }

  #weigh(): void {
    this.#options.budget?.used(this, this.#items.size + this.#listings.size + this.#listed);
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
    this.#setListing(key, {
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

/** True for one version of one item, or for nothing twice. */
function isSame(one: Known, other: Known): boolean {
  return one?.id === other?.id && one?.eTag === other?.eTag;
}
