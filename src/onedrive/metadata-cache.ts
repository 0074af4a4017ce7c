import { LRUCache } from 'lru-cache';
import { type DrivePath, parentPath, pathKey } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';
import type { CacheBudget } from './cache-budget.ts';
import { isSame, type Known } from './metadata-node.ts';
import { MetadataTree, type SeenMembers } from './metadata-tree.ts';
import { SingleFlight } from './single-flight.ts';

export interface CacheOptions {
  /** Milliseconds for which an answer of Graph is taken as true. */
  readonly ttlMs: number;
  /** Names that are remembered; the folders on the way to what is in use stay beyond it. */
  readonly maxEntries: number;
  /** What this cache shares with others. Absent: nothing. */
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
  readonly #tree = new MetadataTree();
  readonly #itemFlights = new SingleFlight<Known>();
  readonly #listingFlights = new SingleFlight<readonly DriveItem[]>();
  /** When the members of a folder were last seen to change, by path; longer than its members are remembered. */
  readonly #changes: LRUCache<string, number>;
  /** Counts our writes. */
  #generation = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    // A bound by size takes memory as entries come; `max` would take all of it at once, for each mount.
    this.#changes = new LRUCache({ maxSize: options.maxEntries, sizeCalculation: () => 1 });
  }

  /** What is known of `path` now: the item, `null` when it is proven absent, undefined when nobody has looked. */
  peek(path: DrivePath): Known | undefined {
    const seen = this.#tree.find(path);
    return seen !== undefined && this.#isYoung(seen.at) ? seen.item : undefined;
  }

  /** Whether there was something at `path` when somebody looked last, however long ago. */
  remembers(path: DrivePath): boolean {
    return (this.#tree.find(path)?.item ?? null) !== null;
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
    const known = this.#knownMembers(path);
    if (known !== undefined) {
      return known.items;
    }
    const loadAndKeep = async (shared: AbortSignal) => {
      const generation = this.#generation;
      const items = await load(shared);
      if (generation === this.#generation) {
        this.#keepMembers(path, items);
      }
      return items;
    };
    return this.#listingFlights.run(pathKey(path), loadAndKeep, signal);
  }

  /** All members of the folder at `path` from `load`, whatever is known; what was known of them is put right. */
  async freshListing(path: DrivePath, load: () => Promise<readonly DriveItem[]>): Promise<readonly DriveItem[]> {
    const generation = this.#generation;
    const items = await load();
    if (generation !== this.#generation) {
      this.#tree.contradict(path, items);
      return items;
    }
    // Loads that are under way may be older than this one.
    this.#changed();
    this.#keepMembers(path, items);
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
  }

  /** We have just removed what was at `path`, with all below it. */
  remove(path: DrivePath): void {
    this.#changed();
    this.#memberChanged(path);
    this.#keep(path, null);
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
    this.#tree.forget(path);
  }

  /** Lets go of everything that can be asked for again. */
  empty(): void {
    this.#tree.clear();
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
      this.#memberChanged(path);
    }
    this.#keep(path, item);
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
    this.#tree.set(path, item, this.#now());
    this.#bound();
  }

  #keepMembers(path: DrivePath, items: readonly DriveItem[]): void {
    const { haveChanged } = this.#tree.setMembers(path, items, this.#now());
    if (haveChanged) {
      this.#changes.set(pathKey(path), this.#now());
    }
    this.#bound();
  }

  #bound(): void {
    const { maxEntries, budget } = this.#options;
    this.#tree.evict(maxEntries);
    budget?.used(this, this.#tree.size);
  }

  #memberChanged(path: DrivePath): void {
    if (path.length > 0) {
      this.#changes.set(pathKey(parentPath(path)), this.#now());
    }
  }

  #knownMembers(path: DrivePath): SeenMembers | undefined {
    const members = this.#tree.members(path);
    return members !== undefined && this.#isYoung(members.at) ? members : undefined;
  }

  #isYoung(at: number): boolean {
    return at + this.#options.ttlMs > this.#now();
  }

  #now(): number {
    return this.#options.clock.now();
  }
}
