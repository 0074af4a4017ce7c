import type { Basis } from '../drive/basis.ts';
import { childPath, type DrivePath, parentPath, pathKey, ROOT } from '../drive/path.ts';
import type { DriveChange } from '../graph/delta.ts';
import { type DriveItem, withoutUrl } from '../graph/drive-item.ts';
import type { CacheOptions } from './cache-options.ts';
import type { Follower } from './drive-feed.ts';
import { FolderDates } from './folder-dates.ts';
import { Freshness } from './freshness.ts';
import { type Load, type LoadScope, LoadsUnderWay, withChanges } from './loads-under-way.ts';
import { type FolderLook, itemOf, type Look } from './look.ts';
import { areSame, isSame, type Known } from './metadata-node.ts';
import { MetadataTree, type SeenMembers } from './metadata-tree.ts';
import { SingleFlight } from './single-flight.ts';
import { type Loaded, StillKnown } from './still-known.ts';
import { UNPROVEN, UnprovenAbsences } from './unproven-absences.ts';

/** Calls that one turn of the feed makes in the background. */
const MAX_GAPS = 10;

/**
 * The contents of one drive as seen a few seconds ago, or longer ago while its feed of changes is followed. Readers of
 * the same path share one load. Our own writes are entered at once. The result of a load that began before a write goes
 * to its callers and is not kept, because it may be older than the write.
 */
export class MetadataCache implements Follower {
  readonly #options: CacheOptions;
  readonly #freshness: Freshness;
  readonly #tree = new MetadataTree();
  readonly #unproven = new UnprovenAbsences();
  readonly #itemFlights = new SingleFlight<Loaded<Known>>();
  readonly #listingFlights = new SingleFlight<Loaded<readonly DriveItem[]>>();
  readonly #folderFlights = new SingleFlight<void>();
  readonly #loads = new LoadsUnderWay();
  readonly #dates: FolderDates;
  readonly #still: StillKnown;

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#freshness = new Freshness(options);
    this.#dates = new FolderDates({ ...options, changed: folder => this.#tree.touch(folder) });
    this.#still = new StillKnown({ tree: this.#tree, freshness: this.#freshness, dates: this.#dates });
    options.ended?.addEventListener('abort', () => this.#end(), { once: true });
  }

  /**
   * Returns what is known about `path`: the item, `null` when it is absent, undefined when no request has looked. An
   * unproven absence counts only for the `asker` that got this answer.
   */
  peek(path: DrivePath, asker?: AbortSignal): Known | undefined {
    const seen = this.#tree.find(path);
    if (seen !== undefined && this.#freshness.isTrue(seen.at)) {
      return seen.item;
    }
    return this.#unproven.wasTold(path, asker, this.#freshness.now()) ? null : undefined;
  }

  /** Returns the names that lead from the folder `from` to the item `to`, if all of them are known. */
  namesBetween(ids: { readonly from: string; readonly to: string }): readonly string[] | undefined {
    const way = this.#tree.way(ids);
    return way?.every(({ at }) => this.#freshness.isTrue(at)) ? way.map(({ item }) => item!.name) : undefined;
  }

  /** Returns true when the last look found an item at `path`, however long ago. */
  remembers(path: DrivePath): boolean {
    return (this.#tree.find(path)?.item ?? null) !== null;
  }

  /**
   * Returns the item at `path`, from `load` when it is not known. One request has one `signal`, and an absence told to
   * it stays.
   */
  async item(
    path: DrivePath,
    load: (signal: AbortSignal) => Promise<Look>,
    signal: AbortSignal,
    basis?: Basis,
  ): Promise<Known> {
    await this.#freshness.catchUp(() => this.#tree.find(path)?.at, signal);
    const known = this.peek(path, signal);
    this.#options.budget?.looked(known !== undefined);
    if (known !== undefined) {
      basis?.found(this.#still.item(path));
      return known;
    }
    const loadAndKeep = async (shared: AbortSignal) => {
      const { result: look, load: done } = await this.#run(path, 'item', () => load(shared));
      this.#freshness.follow(this);
      if (!done.isOutdated) {
        this.#keepLook(path, look, done.at);
      }
      // In the same step: later something else may be known.
      return { value: itemOf(look), holds: done.isOutdated ? undefined : this.#still.item(path) };
    };
    const { value: item, holds } = await this.#itemFlights.run(pathKey(path), loadAndKeep, signal);
    basis?.found(holds);
    this.#tell(path, item, signal);
    return item;
  }

  /** Returns the item at `path` from `load`, even if it is known, and updates the cache. */
  async freshItem(path: DrivePath, load: () => Promise<Look>, signal?: AbortSignal): Promise<Known> {
    const { result: look, load: done } = await this.#run(path, 'item', load);
    this.#learn(path, look, done);
    this.#tell(path, itemOf(look), signal);
    return itemOf(look);
  }

  /** Returns all members of the folder at `path`, from `load` when they are not known. */
  async listing(
    path: DrivePath,
    load: (signal: AbortSignal) => Promise<readonly DriveItem[]>,
    signal: AbortSignal,
    basis?: Basis,
  ): Promise<readonly DriveItem[]> {
    await this.#freshness.catchUp(() => this.#tree.members(path)?.at, signal);
    const known = this.#knownMembers(path);
    this.#options.budget?.looked(known !== undefined);
    if (known !== undefined) {
      basis?.found(this.#still.members(path));
      return known.items;
    }
    const loadAndKeep = async (shared: AbortSignal) => {
      const { result: items, load: done } = await this.#run(path, 'members', () => load(shared));
      this.#freshness.follow(this);
      return this.#keepListing(path, items, done);
    };
    const { value: members, holds } = await this.#listingFlights.run(pathKey(path), loadAndKeep, signal);
    basis?.found(holds);
    return members;
  }

  /**
   * Fetches the folder of `path` together with all its members, unless the item at `path` is known. Afterwards that is
   * known as well if `load` returned all members.
   */
  async lookAround(
    path: DrivePath,
    load: (signal: AbortSignal) => Promise<FolderLook>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#freshness.catchUp(() => this.#tree.find(path)?.at, signal);
    if (this.peek(path, signal) !== undefined) {
      return;
    }
    const folder = parentPath(path);
    const loadAndKeep = async (shared: AbortSignal) => {
      const { result, load: done } = await this.#run(folder, 'members', () => load(shared));
      this.#freshness.follow(this);
      if (!done.isOutdated) {
        this.#keepLook(folder, result.look, done.at);
      }
      if (result.members !== undefined) {
        this.#keepListing(folder, result.members, done);
      }
    };
    await this.#folderFlights.run(pathKey(folder), loadAndKeep, signal);
  }

  /** Returns all members of the folder at `path` from `load`, even if they are known, and updates the cache. */
  async freshListing(path: DrivePath, load: () => Promise<readonly DriveItem[]>): Promise<readonly DriveItem[]> {
    const { result: items, load: done } = await this.#run(path, 'members', load);
    if (done.isOutdated || done.changedMembers.size > 0) {
      this.#tree.contradict(path, items);
      return items;
    }
    // Loads under way may be older than this one.
    this.#changed(path);
    this.#keepMembers(path, items, done.at);
    return items;
  }

  /** Notes that we have just written `item` at `path`. */
  put(path: DrivePath, item: DriveItem): void {
    this.#changed(path);
    this.#options.written?.(path);
    // A new version of a known file is not a new member.
    if (this.peek(path)?.id !== item.id) {
      this.#memberChanged(path);
    }
    this.#keep(path, item, this.#freshness.now());
  }

  /** Notes that we have just made the folder `item` at `path`, and nothing is in it. */
  putEmptyFolder(path: DrivePath, item: DriveItem): void {
    this.put(path, item);
    this.#keepMembers(path, [], this.#freshness.now());
  }

  /** Notes that we have just removed the item at `path`, with everything below it. */
  remove(path: DrivePath): void {
    this.#changed(path);
    this.#options.written?.(path);
    this.#memberChanged(path);
    this.#keep(path, null, this.#freshness.now());
  }

  /** Returns when a member of the folder at `path` was last seen to come or go. */
  membersChanged(path: DrivePath): Date | undefined {
    return this.#dates.get(path);
  }

  /** Notes that a client has set the folder's date, which counts from now on. */
  forgetMembersChanged(path: DrivePath): void {
    this.#dates.forget(path);
  }

  /** Forgets `path` and everything below it, which we may have changed. */
  forgetTree(path: DrivePath): void {
    this.#options.written?.(path);
    this.doubt(path);
  }

  /**
   * Takes note of a complete listing that another part has just fetched: drops everything that contradicts it.
   * `haveChanged`: a member has come or gone lately.
   */
  heed(path: DrivePath, items: readonly DriveItem[], { haveChanged }: { haveChanged: boolean }): void {
    this.#changed(path);
    if (haveChanged) {
      this.#dates.set(path, this.#freshness.now());
    }
    if (!areSame(this.#tree.members(path)?.items, items)) {
      this.#tree.contradict(path, items);
    }
  }

  /** Forgets `path` and everything below it, which others have changed. */
  doubt(path: DrivePath): void {
    this.#changed(path, { isKnown: false });
    this.#tree.forget(path);
    this.#unproven.deleteTree(path);
  }

  feedBegins(): void {
    this.#freshness.feedBegins();
  }

  apply(changes: readonly DriveChange[]): void {
    // Loads that are under way may be older than these, whose places are not all known.
    this.#loads.allChanged();
    this.#itemFlights.forget(() => true);
    this.#listingFlights.forget(() => true);
    for (const folder of this.#tree.applyChanges(changes, this.#freshness.now())) {
      this.#dates.setByKey(folder, this.#freshness.now());
    }
  }

  /** Fetches unknown folders above known items: the feed names such folders by their ids. */
  async closeGaps(signal: AbortSignal): Promise<void> {
    const { loadById } = this.#options;
    for (const gap of loadById === undefined ? [] : this.#tree.gaps(MAX_GAPS)) {
      const { result: item, load } = await this.#run(ROOT, 'everything', () => loadById!(gap.id, signal));
      if (!load.isOutdated) {
        this.#tree.closeGap(gap, item, load.at);
      }
    }
  }

  /** Drops everything that can be loaded again. */
  empty(): void {
    this.#tree.clear();
    this.#unproven.clear();
  }

  #end(): void {
    this.#freshness.unfollow(this);
    this.empty();
    this.#options.budget?.drop(this);
  }

  #run<T>(path: DrivePath, scope: LoadScope, load: () => Promise<T>): Promise<{ result: T; load: Load }> {
    return this.#loads.run({ path, scope, at: this.#freshness.now() }, load);
  }

  /** Takes over the result of a look past the cache. When it is outdated, something newer may be known. */
  #learn(path: DrivePath, look: Look, { isOutdated, at }: Load): void {
    const known = this.peek(path);
    const item = itemOf(look);
    if (look === UNPROVEN && known !== null) {
      // One answer contradicts the cache: neither counts without another look.
      if (known !== undefined) {
        this.forgetTree(path);
      } else if (!isOutdated) {
        this.#keepLook(path, look, at);
      }
      return;
    }
    const isNews = known === undefined || !isSame(known, item);
    if (isOutdated) {
      if (isNews) {
        this.forgetTree(path);
      }
      return;
    }
    if (isNews) {
      // Loads under way may be older than this look.
      this.#changed(path);
    }
    if (known !== undefined && known?.id !== item?.id) {
      this.#memberChanged(path);
    }
    this.#keep(path, item, at);
  }

  /** Keeps a load that began before a change at `path` from being taken for the state after it. */
  #changed(path: DrivePath, { isKnown } = { isKnown: true }): void {
    this.#loads.changed(path);
    const [key, folder] = [pathKey(path), pathKey(parentPath(path))];
    const isBelow = (other: string) => key === '' || other === key || other.startsWith(`${key}/`);
    this.#itemFlights.forget(isBelow);
    // A listing of the folder takes over a known change at its end. An unknown change must start a new load for later
    // callers.
    this.#listingFlights.forget(other => isBelow(other) || (!isKnown && other === folder));
  }

  /** Keeps a listing with what has changed since it began; returns the members as they are known then. */
  #keepListing(path: DrivePath, items: readonly DriveItem[], load: Load): Loaded<readonly DriveItem[]> {
    const members = load.isOutdated
      ? undefined
      : withChanges(items, load, name => this.#tree.find(childPath(path, name))?.item);
    if (members === undefined) {
      return { value: items, holds: undefined };
    }
    this.#keepMembers(path, members, load.at);
    return { value: members, holds: this.#still.members(path) };
  }

  #keepLook(path: DrivePath, look: Look, at: number): void {
    if (look === UNPROVEN && !this.#unproven.has(path, this.#freshness.now())) {
      this.#unproven.add(path, this.#freshness.now() + this.#options.ttlMs);
      return;
    }
    this.#keep(path, itemOf(look), at);
  }

  /** Makes an unproven absence count for `asker` from now on. */
  #tell(path: DrivePath, item: Known, asker: AbortSignal | undefined): void {
    if (item === null && asker !== undefined) {
      this.#unproven.tell(path, asker);
    }
  }

  #keep(path: DrivePath, item: Known, at: number): void {
    this.#unproven.delete(path);
    if (item !== null) {
      this.#options.seen?.(item);
    }
    // A URL takes more memory than all the rest; `seen` was told of it.
    this.#tree.set(path, item && withoutUrl(item), at);
    this.#bound();
  }

  #keepMembers(path: DrivePath, items: readonly DriveItem[], at: number): void {
    const { haveChanged } = this.#tree.setMembers(path, items, at);
    if (haveChanged) {
      this.#dates.set(path, this.#freshness.now());
    }
    this.#bound();
  }

  #bound(): void {
    const { maxEntries, budget, ended } = this.#options;
    if (ended?.aborted) {
      this.empty();
      return;
    }
    this.#tree.evict(maxEntries);
    budget?.used(this, this.#tree.size);
  }

  #memberChanged(path: DrivePath): void {
    if (path.length > 0) {
      this.#dates.set(parentPath(path), this.#freshness.now());
    }
  }

  #knownMembers(path: DrivePath): SeenMembers | undefined {
    const members = this.#tree.members(path);
    return members !== undefined && this.#freshness.isTrue(members.at) ? members : undefined;
  }
}
