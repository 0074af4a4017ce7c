import type { DriveState } from './drive.ts';
import type { Item } from './drive-reader.ts';
import type { World } from './exchange.ts';
import type { Database } from './store/database.ts';
import type { Tombstone } from './store/item-store.ts';

/** Whose state is taken for right when a client starts anew (Graph docs, "driveItem: delta"). */
export type ResyncKind = 'resyncChangesApplyDifferences' | 'resyncChangesUploadDifferences';

/** A place in a drive's feed of changes: what the token of a link holds. */
export interface FeedPosition {
  readonly generation: number;
  /** The last sequence number that was given. */
  readonly after: number;
  /** Everything that is there, instead of what has changed. */
  readonly isFull: boolean;
  /** Where this run ends; undefined where a run begins. */
  readonly until?: number;
  /** Where the next run begins. */
  readonly resume?: number;
  /** The page without items that comes before this one has been given. */
  readonly wasEmpty?: boolean;
}

export type FeedEntry = { readonly item: Item } | { readonly tombstone: Tombstone };

export interface FeedPage {
  readonly entries: readonly FeedEntry[];
  /** Undefined on the last page. */
  readonly next: FeedPosition | undefined;
  /** Where the next run begins. */
  readonly delta: FeedPosition;
}

export interface FeedQuery {
  readonly position: FeedPosition;
  readonly size: number;
  /** Whether the folders above what has changed come along. */
  readonly withParents: boolean;
}

/** The feed of changes of one drive, as far as it is to be seen now. */
export class ChangeFeed {
  readonly #world: World;
  readonly #drive: DriveState;
  readonly #seenUntil: number;

  constructor(world: World, drive: DriveState) {
    this.#world = world;
    this.#drive = drive;
    this.#seenUntil = world.settings.clock.now() - world.settings.deltaLagMs;
  }

  /** Where a run that gives everything begins. */
  beginning(): FeedPosition {
    return { generation: this.#drive.counts.generation, after: 0, isFull: true };
  }

  /** Where a run begins that gives what comes from now on. */
  latest(): FeedPosition {
    return this.#from(this.#visibleEnd());
  }

  /** Where a run begins that gives what has changed since `time`. */
  since(time: number): FeedPosition {
    return this.#from(this.#drive.store.sequenceAt(this.#drive.key, time));
  }

  isExpired({ generation }: FeedPosition): boolean {
    return generation !== this.#drive.counts.generation;
  }

  /** Whether the drive can have given out that place. */
  isPossible({ after, generation }: FeedPosition): boolean {
    const { counts } = this.#drive;
    return after <= counts.sequence && generation <= counts.generation;
  }

  page({ position, size, withParents }: FeedQuery): FeedPage {
    const { deltaEmptyPages, deltaRepeats } = this.#world.settings;
    const run = this.#bounded(position);
    const delta = this.#from(run.resume);
    if (deltaEmptyPages && !run.wasEmpty) {
      return { entries: [], next: { ...run, wasEmpty: true }, delta };
    }
    const rows = this.#rows(run, size + 1);
    const given = rows.slice(0, size);
    const repeated = deltaRepeats && run.after > 0 && position.until !== undefined ? this.#last(run) : [];
    const entries = this.#distinct(
      [...this.#head(run), ...repeated, ...given.filter(entry => this.#isShown(run, entry))],
      run.isFull ? { parentsAfter: run.after } : withParents ? { parentsAfter: 0 } : {},
    );
    const next = rows.length > size ? { ...run, after: sequenceOf(given.at(-1)!), wasEmpty: false } : undefined;
    return { entries, next, delta };
  }

  #from(after: number): FeedPosition {
    return { generation: this.#drive.counts.generation, after, isFull: false };
  }

  #visibleEnd(): number {
    const { key, store, counts } = this.#drive;
    return this.#world.settings.deltaLagMs === 0 ? counts.sequence : store.sequenceAt(key, this.#seenUntil);
  }

  /** A run ends where the feed ended when it began. What changes meanwhile comes with the next one. */
  #bounded(position: FeedPosition): FeedPosition & { readonly until: number; readonly resume: number } {
    const resume = position.resume ?? Math.max(position.after, this.#visibleEnd());
    // An item whose last change is not to be seen yet was there before: a full run has it, and the next run has it
    // again.
    const until = position.until ?? (position.isFull ? this.#drive.counts.sequence : resume);
    return { ...position, until, resume };
  }

  /** Changes and, where not everything is given anyway, deletions, in the order of the feed. */
  #rows({ after, until, isFull }: { after: number; until: number; isFull: boolean }, limit: number): FeedEntry[] {
    const { key, store } = this.#drive;
    const items: FeedEntry[] = store.changed(key, { after, until, limit }).map(item => ({ item }));
    if (isFull) {
      return items;
    }
    const gone: FeedEntry[] = store.tombstones(key, { after, until, limit }).map(tombstone => ({ tombstone }));
    return [...items, ...gone].sort((one, other) => sequenceOf(one) - sequenceOf(other)).slice(0, limit);
  }

  /** The root begins a full run, whatever its own last change was. */
  #head({ isFull, after }: FeedPosition): FeedEntry[] {
    return isFull && after === 0 ? [{ item: this.#drive.root }] : [];
  }

  #last({ after, isFull }: FeedPosition): FeedEntry[] {
    return this.#rows({ after: after - 1, until: after, isFull }, 1);
  }

  #isShown({ isFull }: FeedPosition, entry: FeedEntry): boolean {
    if ('item' in entry) {
      return !isFull || (entry.item.parent !== null && entry.item.created <= this.#seenUntil);
    }
    return (
      this.#world.settings.deltaDescendants === 'reported' || this.#findByGuid(entry.tombstone.parentGuid) !== undefined
    );
  }

  /**
   * Every item once, behind the folders that it lies in, as far as these have changed after `parentsAfter`. A full run
   * gives a folder before what is in it (rclone leaves out what comes without its folder), so one that changed late
   * comes twice.
   */
  #distinct(
    entries: readonly FeedEntry[],
    { parentsAfter = Number.POSITIVE_INFINITY }: { parentsAfter?: number },
  ): FeedEntry[] {
    const found = new Map<string, FeedEntry>();
    for (const entry of entries) {
      for (const parent of Number.isFinite(parentsAfter) ? this.#parentsOf(entry, found) : []) {
        if (parent.sequence > parentsAfter) {
          found.set(parent.guid, { item: parent });
        }
      }
      const { guid } = 'item' in entry ? entry.item : entry.tombstone;
      if (!found.has(guid)) {
        found.set(guid, entry);
      }
    }
    return [...found.values()];
  }

  /** From the root down, as far as they are not in `found`. */
  #parentsOf(entry: FeedEntry, found: ReadonlyMap<string, FeedEntry>): Item[] {
    const parents: Item[] = [];
    let at = 'item' in entry ? this.#drive.parentOf(entry.item) : this.#findByGuid(entry.tombstone.parentGuid);
    while (at !== undefined && !found.has(at.guid)) {
      parents.unshift(at);
      at = this.#drive.parentOf(at);
    }
    return parents;
  }

  #findByGuid(guid: string): Item | undefined {
    return this.#drive.store.byGuid(this.#drive.key, guid);
  }
}

/** The token of a link. It is opaque to clients, and good for its own drive. */
export function writeFeedToken(drive: DriveState, position: FeedPosition): string {
  const { generation, after, isFull, until = '', resume = '', wasEmpty } = position;
  const flags = `${isFull ? 'f' : ''}${wasEmpty ? 'e' : ''}`;
  return Buffer.from([drive.key, generation, after, until, resume, flags].join(';')).toString('base64url');
}

/** Undefined for what is no token of that drive. */
export function readFeedToken(drive: DriveState, token: string): FeedPosition | undefined {
  const text = Buffer.from(token, 'base64url').toString();
  const match = /^(\d+);(\d+);(\d+);(\d*);(\d*);(f?)(e?)$/.exec(text);
  if (match === null || Number(match[1]) !== drive.key) {
    return undefined;
  }
  const number = (value: string) => (value === '' ? undefined : Number(value));
  return {
    generation: Number(match[2]),
    after: Number(match[3]),
    until: number(match[4]!),
    resume: number(match[5]!),
    isFull: match[6] === 'f',
    wasEmpty: match[7] === 'e',
  };
}

/** From now on every link into the drive's feed is refused, and clients are told how to start anew. */
export function expireChanges(db: Database, drive: DriveState, kind: ResyncKind): void {
  db.setMeta(resyncEntry(drive), Buffer.from(kind));
  drive.expireChanges();
}

export function resyncKindOf(db: Database, drive: DriveState): ResyncKind {
  const kept = db.getMeta(resyncEntry(drive));
  const kind = kept && Buffer.from(kept).toString();
  return kind === 'resyncChangesUploadDifferences' ? kind : 'resyncChangesApplyDifferences';
}

function resyncEntry({ id }: DriveState): string {
  return `resync ${id}`;
}

function sequenceOf(entry: FeedEntry): number {
  return 'item' in entry ? entry.item.sequence : entry.tombstone.sequence;
}
