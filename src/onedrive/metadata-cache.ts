import { LRUCache } from 'lru-cache';
import { baseName, type DrivePath, foldName, parentPath, pathKey } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';
import type { CacheBudget } from './cache-budget.ts';
import { SingleFlight } from './single-flight.ts';

/** `null`: proven absent. */
type Known = DriveItem | null;

/**
 * One answer says that there is nothing. About one in a hundred of these is wrong (onedrive-go), so that it counts for
 * those who have asked, and for others when a second look says the same.
 */
export const UNPROVEN = Symbol('absent, as one answer says');

/** What a look by path has found. */
export type Look = Known | typeof UNPROVEN;

interface Entry {
  readonly item: Known;
  readonly expires: number;
  /** The askers whom an unproven absence counts for; undefined when the entry is for everybody. */
  readonly askers?: WeakSet<AbortSignal>;
}

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
  readonly #items: LRUCache<string, Entry>;
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

  /**
   * What is known of `path` now: the item, `null` when it is absent, undefined when nobody has looked. An absence that
   * is not proven is known only to the `asker` who was told so.
   */
  peek(path: DrivePath, asker?: AbortSignal): Known | undefined {
    const known = this.#freshEntry(path);
    if (known !== undefined && (known.askers === undefined || (asker !== undefined && known.askers.has(asker)))) {
      return known.item;
    }
    const listing = path.length === 0 ? undefined : this.#freshListing(parentPath(path));
    return listing === undefined ? undefined : (listing.byName.get(foldName(baseName(path))) ?? null);
  }

  /** Whether there was something at `path` when somebody looked last, however long ago. */
  remembers(path: DrivePath): boolean {
    const known = this.#items.get(pathKey(path));
    const listing = path.length === 0 ? undefined : this.#listings.get(pathKey(parentPath(path)));
    return (known?.item ?? null) !== null || listing?.byName.has(foldName(baseName(path))) === true;
  }

  /** The item at `path`, from `load` when it is not known. One request has one `signal`, and sees one absence. */
  async item(path: DrivePath, load: (signal: AbortSignal) => Promise<Look>, signal: AbortSignal): Promise<Known> {
    const known = this.peek(path, signal);
    if (known !== undefined) {
      return known;
    }
    const loadAndKeep = async (shared: AbortSignal) => {
      const generation = this.#generation;
      const look = await load(shared);
      if (generation === this.#generation) {
        this.#keepLook(path, look);
      }
      return itemOf(look);
    };
    const item = await this.#itemFlights.run(pathKey(path), loadAndKeep, signal);
    this.#tell(path, item, signal);
    return item;
  }

  /** The item at `path` from `load`, whatever is known; what was known is put right. */
  async freshItem(path: DrivePath, load: () => Promise<Look>, signal?: AbortSignal): Promise<Known> {
    const generation = this.#generation;
    const look = await load();
    this.#learn(path, look, generation === this.#generation);
    this.#tell(path, itemOf(look), signal);
    return itemOf(look);
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
  #learn(path: DrivePath, look: Look, isLatest: boolean): void {
    const known = this.peek(path);
    const item = itemOf(look);
    if (look === UNPROVEN && known !== null) {
      // One answer against what is known: nobody is to be told either without another look.
      if (known !== undefined) {
        this.forgetTree(path);
      } else if (isLatest) {
        this.#keepLook(path, look);
      }
      return;
    }
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

  #keepLook(path: DrivePath, look: Look): void {
    if (look === UNPROVEN && this.#freshEntry(path)?.item !== null) {
      const expires = this.#now() + this.#options.ttlMs;
      this.#items.set(pathKey(path), { item: null, expires, askers: new WeakSet() });
      this.#weigh();
      return;
    }
    this.#keep(path, itemOf(look));
  }

  /** An absence that is not proven counts for `asker` from now on. */
  #tell(path: DrivePath, item: Known, asker: AbortSignal | undefined): void {
    if (item === null && asker !== undefined) {
      this.#freshEntry(path)?.askers?.add(asker);
    }
  }

  #freshEntry(path: DrivePath): Entry | undefined {
    const entry = this.#items.get(pathKey(path));
    return entry !== undefined && entry.expires > this.#now() ? entry : undefined;
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
    this.#dropAbsences(key, byName);
    this.#setListing(key, { items, byName, expires: this.#now() + this.#options.ttlMs });
  }

  /** What a listing shows is not absent any more, whatever an earlier look has said. */
  #dropAbsences(key: string, byName: Listing['byName']): void {
    for (const name of byName.keys()) {
      const member = key === '' ? name : `${key}/${name}`;
      if (this.#items.peek(member)?.item === null) {
        this.#items.delete(member);
      }
    }
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

function itemOf(look: Look): Known {
  return look === UNPROVEN ? null : look;
}

function hasSameNames(before: Listing['byName'], now: Listing['byName']): boolean {
  return before.size === now.size && [...now.keys()].every(name => before.has(name));
}

/** True for one version of one item, or for nothing twice. */
function isSame(one: Known, other: Known): boolean {
  return one?.id === other?.id && one?.eTag === other?.eTag;
}
