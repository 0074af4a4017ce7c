import type { DriveState } from './drive.ts';
import type { Item } from './drive-reader.ts';
import type { World } from './exchange.ts';
import type { Database } from './store/database.ts';
import type { Tombstone } from './store/item-store.ts';

/** The side whose state wins when a client starts anew (Graph docs, "driveItem: delta"). */
export type ResyncKind = 'resyncChangesApplyDifferences' | 'resyncChangesUploadDifferences';

/** A position in a drive's feed of changes, stored in the token of a link. */
export interface FeedPosition {
  readonly generation: number;
  /** The last sequence number that was returned. */
  readonly after: number;
  /** All items, instead of changed ones. */
  readonly isFull: boolean;
  /** The end of this run; undefined at the beginning of a run. */
  readonly until?: number;
  /** Where the next run begins. */
  readonly resume?: number;
  /** Whether the empty page before this one has been sent. */
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
  /** Whether the folders above changed items are included. */
  readonly withParents: boolean;
}

/** The visible part of one drive's feed of changes. */
export class ChangeFeed {
  readonly #world: World;
  readonly #drive: DriveState;
  readonly #seenUntil: number;

  constructor(world: World, drive: DriveState) {
    this.#world = world;
    this.#drive = drive;
    this.#seenUntil = world.settings.clock.now() - world.settings.deltaLagMs;
  }

  /** Returns the start of a run over all items. */
  beginning(): FeedPosition {
    return { generation: this.#drive.counts.generation, after: 0, isFull: true };
  }

  /** Returns the start of a run over future changes. */
  latest(): FeedPosition {
    return this.#from(this.#visibleEnd());
  }

  /** Returns the start of a run over the changes since `time`. */
  since(time: number): FeedPosition {
    return this.#from(this.#drive.store.sequenceAt(this.#drive.key, time));
  }

  isExpired({ generation }: FeedPosition): boolean {
    return generation !== this.#drive.counts.generation;
  }

  /** Tells whether the drive can have issued that position. */
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

  /** Returns a page. A run ends where the feed ended at its start; later changes come with the next run. */
  #bounded(position: FeedPosition): FeedPosition & { readonly until: number; readonly resume: number } {
    const resume = position.resume ?? Math.max(position.after, this.#visibleEnd());
    // An item whose last change is not visible yet existed before: a full run includes it, and the next run does so
    // again.
    const until = position.until ?? (position.isFull ? this.#drive.counts.sequence : resume);
    return { ...position, until, resume };
  }

  /** Returns changes and, except in a full run, deletions, in the order of the feed. */
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
   * Returns each item once, after those of its folders that have changed after `parentsAfter`. A full run
   * returns a folder before its contents (rclone skips items without their folder), so a folder that changed late
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

  /** Returns the folders from the root down that are not in `found`. */
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

/** Encodes the token of a link. It is opaque to clients, and valid only for its own drive. */
export function writeFeedToken(drive: DriveState, position: FeedPosition): string {
  const { generation, after, isFull, until = '', resume = '', wasEmpty } = position;
  const flags = `${isFull ? 'f' : ''}${wasEmpty ? 'e' : ''}`;
  return Buffer.from([drive.key, generation, after, until, resume, flags].join(';')).toString('base64url');
}

/** Decodes a token; undefined if it is not a token of that drive. */
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

/** Makes the drive refuse every existing link into its feed and tell clients how to start anew. */
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
