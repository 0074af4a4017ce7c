/** The folder that a journal is about. */
export interface SyncKey {
  /** The drive in which the ids have a meaning. */
  readonly scope: string;
  readonly folderId: string;
  readonly level: '1' | 'infinite';
}

/** The record of one synchronised folder. */
export interface SyncJournal {
  readonly id: number;
  /** Random, and part of the tokens: those of an earlier journal of the folder are not of this one. */
  readonly secret: string;
  /** Where to go on in the feed of changes. */
  readonly link: string;
  /** When Graph gave the link, in milliseconds since 1970. */
  readonly linkedAt: number;
  /** The highest number of a change. */
  readonly last: number;
  /** Tombstones up to this number may have been dropped. */
  readonly floor: number;
  /** The names that are known, with those that are gone. */
  readonly size: number;
}

/** A path below the folder, its names joined by `/`; `''` is the folder itself, which is in the journal as well. */
export type SyncPath = string;

/** An item at a path, as Graph showed it. */
export interface SyncItem {
  readonly path: SyncPath;
  readonly itemId: string;
  readonly kind: 'file' | 'folder';
  /** The version, as the feed of changes states it. */
  readonly tag: string;
  /** All that is shown of it; a text of the caller's own. */
  readonly shown: string;
}

export interface SyncMember extends SyncItem {
  /** The id of the folder that it is in; undefined for the folder of the journal. */
  readonly parentId: string | undefined;
  /** Grows with each change. */
  readonly number: number;
  readonly isGone: boolean;
  /** Its item must be fetched. */
  readonly isToLook: boolean;
  /** Its members are to be listed. */
  readonly isToList: boolean;
  /** Its members have been listed. */
  readonly isListed: boolean;
}

/** The marks that a line of the feed makes in a journal. */
export interface SyncMarks {
  /** Items to look at. */
  readonly look: readonly SyncPath[];
  /** Folders to list. */
  readonly list: readonly SyncPath[];
  /** Something below has changed. */
  readonly touched: readonly SyncPath[];
  /** Where to go on from now. */
  readonly link?: { readonly url: string; readonly at: number };
}

/** A folder's members as Graph has shown them. */
export interface SyncLook {
  /** The folder, and its id at the time of the request; if it is another item by now, nothing changes. */
  readonly folder: Pick<SyncItem, 'path' | 'itemId'>;
  /** They are all that there are. */
  readonly isListing: boolean;
  /** Those that are new or have changed. `isToList`: a folder that was never listed. */
  readonly put: readonly (SyncItem & { readonly isToList: boolean })[];
  /** Those that were fetched and have not changed. */
  readonly same: readonly SyncPath[];
  /** Those that are not there any more, or not as that kind, with everything below them. They go before others come. */
  readonly gone: readonly SyncPath[];
}

/**
 * Journals of the folders that clients synchronise (docs/decisions/0022). Each call is one step: wholly before or
 * wholly after any other, and durable. A call for a journal that is not there any more does nothing. Times are in
 * milliseconds since 1970. Numbers are not below the time of their change, so that they never come twice, even after
 * an older copy of the state was put back. `test/contracts/sync-store.ts` is the suite of its implementations.
 */
export interface SyncStore {
  /** Returns undefined when there is none; counts as a use. */
  find(key: SyncKey, now: number): Promise<SyncJournal | undefined>;
  /** Creates a journal, in place of an earlier one, in which the folder itself is to be listed. */
  begin(
    key: SyncKey,
    start: { readonly secret: string; readonly link: string; readonly now: number },
  ): Promise<SyncJournal>;
  drop(journal: number): Promise<void>;
  /** Returns the places of these items: each has one, none, or more while a move is not yet settled. */
  withItems(journal: number, itemIds: readonly string[]): Promise<readonly SyncMember[]>;
  /** Returns the direct members of the folder at `path` that are not gone. */
  membersOf(journal: number, path: SyncPath): Promise<readonly SyncMember[]>;
  /** Returns at most `max` members to fetch or list, each folder before its members. */
  toDo(journal: number, max: number): Promise<readonly SyncMember[]>;
  mark(journal: number, marks: SyncMarks, now: number): Promise<void>;
  /** Marks a file to be fetched, or, where there is none, its folder to be listed. */
  markWritten(journal: number, paths: readonly SyncPath[]): Promise<void>;
  /** Marks at most `max` folders to be listed again that were listed before `time`, the oldest first. */
  markOld(journal: number, time: number, max: number): Promise<void>;
  put(journal: number, look: SyncLook, now: number): Promise<void>;
  /**
   * Returns at most `max` members by number, those above `number`; without the folder itself, and without what has come
   * and gone since.
   */
  since(journal: number, number: number, max: number): Promise<readonly SyncMember[]>;
  /** Returns whether `since` would have more than `max`. */
  hasMore(journal: number, number: number, max: number): Promise<boolean>;
}
