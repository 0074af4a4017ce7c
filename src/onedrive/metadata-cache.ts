import { LRUCache } from 'lru-cache';
import { type DrivePath, parentPath, pathKey } from '../drive/path.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Clock } from '../lib/clock.ts';
import type { CacheBudget } from './cache-budget.ts';
import { isSame, type Known } from './metadata-node.ts';
import { MetadataTree, type SeenMembers } from './metadata-tree.ts';
import { SingleFlight } from './single-flight.ts';
import { UNPROVEN, UnprovenAbsences } from './unproven-absences.ts';

/** The result of a look-up by path. */
export type Look = Known | typeof UNPROVEN;

export interface CacheOptions {
  /** How long an answer of Graph is considered current, in milliseconds. */
  readonly ttlMs: number;
  /** The maximum number of names; folders above the path in use stay even beyond it. */
  readonly maxEntries: number;
  /** A budget shared with other caches. Absent: none. */
  readonly budget?: CacheBudget;
  readonly clock: Clock;
  /** Called with each single item that Graph has just returned; items in listings come without a URL. */
  readonly seen?: (item: DriveItem) => void;
}

/**
 * The contents of one drive as seen a few seconds ago. Readers of the same path share one load. Our own writes are
 * entered at once. The result of a load that began before a write goes to its callers and is not kept, because it may
 * be older than the write.
 */
export class MetadataCache {
  readonly #options: CacheOptions;
  readonly #tree = new MetadataTree();
  readonly #unproven = new UnprovenAbsences();
  readonly #itemFlights = new SingleFlight<Known>();
  readonly #listingFlights = new SingleFlight<readonly DriveItem[]>();
  /** When the members of a folder were last seen to change, by path; kept longer than the members themselves. */
  readonly #changes: LRUCache<string, number>;
  /** Counts our writes. */
  #generation = 0;

  constructor(options: CacheOptions) {
    this.#options = options;
    // A bound by size takes memory as entries come; `max` would take all of it at once, for each mount.
    this.#changes = new LRUCache({ maxSize: options.maxEntries, sizeCalculation: () => 1 });
  }

  /**
   * Returns what is known about `path`: the item, `null` when it is absent, undefined when nobody has looked. An
   * unproven absence counts only for the `asker` that was told of it.
   */
  peek(path: DrivePath, asker?: AbortSignal): Known | undefined {
    const seen = this.#tree.find(path);
    if (seen !== undefined && this.#isYoung(seen.at)) {
      return seen.item;
    }
    return this.#unproven.wasTold(path, asker, this.#now()) ? null : undefined;
  }

  /** Returns true when the last look found an item at `path`, however long ago. */
  remembers(path: DrivePath): boolean {
    return (this.#tree.find(path)?.item ?? null) !== null;
  }

  /**
   * Returns the item at `path`, from `load` when it is not known. One request has one `signal`, and an absence told to
   * it stays.
   */
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

  /** Returns the item at `path` from `load`, even if it is known, and updates the cache. */
  async freshItem(path: DrivePath, load: () => Promise<Look>, signal?: AbortSignal): Promise<Known> {
    const generation = this.#generation;
    const look = await load();
    this.#learn(path, look, generation === this.#generation);
    this.#tell(path, itemOf(look), signal);
    return itemOf(look);
  }

  /** Returns all members of the folder at `path`, from `load` when they are not known. */
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

  /** Returns all members of the folder at `path` from `load`, even if they are known, and updates the cache. */
  async freshListing(path: DrivePath, load: () => Promise<readonly DriveItem[]>): Promise<readonly DriveItem[]> {
    const generation = this.#generation;
    const items = await load();
    if (generation !== this.#generation) {
      this.#tree.contradict(path, items);
      return items;
    }
    // Loads under way may be older than this one.
    this.#changed();
    this.#keepMembers(path, items);
    return items;
  }

  /** Notes that we have just written `item` at `path`. */
  put(path: DrivePath, item: DriveItem): void {
    this.#changed();
    // A new version of a known file is not a new member.
    if (this.peek(path)?.id !== item.id) {
      this.#memberChanged(path);
    }
    this.#keep(path, item);
  }

  /** Notes that we have just removed the item at `path`, with everything below it. */
  remove(path: DrivePath): void {
    this.#changed();
    this.#memberChanged(path);
    this.#keep(path, null);
  }

  /**
   * Returns when a member of the folder at `path` was last seen to come or go. OneDrive does not change the folder's
   * date then, and Finder looks for new names only in a folder whose date has changed (webdavfs, `webdav_vnops.c`).
   */
  membersChanged(path: DrivePath): Date | undefined {
    const at = this.#changes.get(pathKey(path));
    return at === undefined ? undefined : new Date(Math.floor(at / 1000) * 1000);
  }

  /** Notes that a client has set the folder's date, which counts from now on. */
  forgetMembersChanged(path: DrivePath): void {
    this.#changes.delete(pathKey(path));
  }

  /** Forgets `path` and everything below it, which may have changed. */
  forgetTree(path: DrivePath): void {
    this.#changed();
    this.#tree.forget(path);
    this.#unproven.deleteTree(path);
  }

  /** Drops everything that can be loaded again. */
  empty(): void {
    this.#tree.clear();
    this.#unproven.clear();
  }

  /**
   * Takes over the result of a look past the cache. `isLatest`: we have written nothing meanwhile, so nothing newer is
   * known.
   */
  #learn(path: DrivePath, look: Look, isLatest: boolean): void {
    const known = this.peek(path);
    const item = itemOf(look);
    if (look === UNPROVEN && known !== null) {
      // One answer contradicts the cache: neither counts without another look.
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
      // Loads under way may be older than this look.
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

  #keepLook(path: DrivePath, look: Look): void {
    if (look === UNPROVEN && !this.#unproven.has(path, this.#now())) {
      this.#unproven.add(path, this.#now() + this.#options.ttlMs);
      return;
    }
    this.#keep(path, itemOf(look));
  }

  /** Makes an unproven absence count for `asker` from now on. */
  #tell(path: DrivePath, item: Known, asker: AbortSignal | undefined): void {
    if (item === null && asker !== undefined) {
      this.#unproven.tell(path, asker);
    }
  }

  #keep(path: DrivePath, item: Known): void {
    this.#unproven.delete(path);
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

function itemOf(look: Look): Known {
  return look === UNPROVEN ? null : look;
}
