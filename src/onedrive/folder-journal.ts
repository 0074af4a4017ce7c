import type { SyncLevel } from '../drive/changes.ts';
import { DriveError } from '../drive/errors.ts';
import { listChildren } from '../graph/children.ts';
import { latestDelta, readDelta } from '../graph/delta.ts';
import { GraphError, isItemAbsent } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { getItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { SyncJournal, SyncKey, SyncLook, SyncMember, SyncPath } from '../state/sync-store.ts';
import { KEEP_LINK_MS, MAX_AGE_MS, MAX_PAGES } from './feed-facts.ts';
import { folderOf, namesOf, toSyncItem } from './sync-item.ts';
import type { SyncJournals } from './sync-journals.ts';
import { marksOf } from './sync-marks.ts';

export interface FolderJournalParts {
  readonly graph: Graph;
  readonly journals: SyncJournals;
  readonly driveId: string;
  readonly folderId: string;
  readonly level: SyncLevel;
  readonly signal: AbortSignal;
  /** Called with the path of an item that has changed in its place. */
  readonly changed: (path: SyncPath) => void;
  /** Called with a folder's current members; `haveChanged`: members have come or gone. */
  readonly listed: (path: SyncPath, items: readonly DriveItem[], haveChanged: boolean) => void;
}

/** Of the folders that were not listed for longer than MAX_AGE_MS, each request lists a few. */
const OLD_EACH_TIME = 10;
/** A client that begins anew may do so because something is wrong. */
const MAX_AGE_AT_BEGINNING_MS = 15 * 60 * 1000;
/** Calls that are under way together. */
const AT_ONCE = 8;
/** Calls of one request: a client waits a minute or two, and continues with the token that it gets. */
const MAX_CALLS = 400;
/** Fetching more files of one folder costs more than listing it. */
const MAX_LOOKS = 4;
const CONTRADICTION_RETRY_SECONDS = 5;
/** Names in one journal, a few hundred bytes each. */
const MAX_NAMES = 400_000;

/** The item found for one member of the journal; `undefined`: Graph has no such item. */
type Found = { readonly member: SyncMember } & (
  | { readonly items: readonly DriveItem[] | undefined }
  | { readonly item: DriveItem | undefined }
);

/** The work of one request on the journal of a folder (docs/decisions/0022). */
export class FolderJournal {
  readonly #parts: FolderJournalParts;
  readonly #key: SyncKey;
  /** Items that were not where they should be. */
  readonly #doubted = new Set<SyncPath>();
  #calls = 0;

  constructor(parts: FolderJournalParts) {
    this.#parts = parts;
    this.#key = { scope: parts.driveId, folderId: parts.folderId, level: parts.level === 1 ? '1' : 'infinite' };
  }

  inTurn<T>(task: () => Promise<T>): Promise<T> {
    return this.#parts.journals.inTurn(this.#key, task);
  }

  find(): Promise<SyncJournal | undefined> {
    return this.#parts.journals.find(this.#key);
  }

  async begin(): Promise<SyncJournal> {
    const { graph, driveId, signal, journals } = this.#parts;
    const link = await latestDelta(graph.call, driveId, signal);
    return journals.begin(this.#key, link);
  }

  /** Reads the feed on from the journal's link. Throws the GraphError that Graph answers to a link it has forgotten. */
  async readFeed(journal: SyncJournal, { isBeginning }: { isBeginning: boolean }): Promise<void> {
    const now = this.#now();
    let url = journal.link;
    for (let page = 0, isLast = false; !isLast; page += 1) {
      if (page === MAX_PAGES) {
        throw new GraphError('answer', 'the feed has more changes than a journal follows', { status: 410 });
      }
      const { changes, link, isLast: isEnd } = await this.#readPage(url);
      url = link;
      isLast = isEnd;
      if (changes.length > 0 || !isLast || journal.linkedAt + KEEP_LINK_MS <= now) {
        const ids = changes.flatMap(({ id, parentId }) => (parentId === undefined ? [id] : [id, parentId]));
        const known = await this.#store.withItems(journal.id, [...new Set(ids)]);
        const marks = marksOf(changes, known, this.#parts.level);
        await this.#store.mark(journal.id, { ...marks, link: { url, at: now } }, now);
      }
    }
    await (isBeginning
      ? this.#store.markOld(journal.id, now - MAX_AGE_AT_BEGINNING_MS, MAX_NAMES)
      : this.#store.markOld(journal.id, now - MAX_AGE_MS, OLD_EACH_TIME));
  }

  /** Marks the paths that this server has written below the folder; the feed reports them later. */
  async markWritten(journal: SyncJournal, written: readonly (readonly string[])[]): Promise<void> {
    const [direct, below] = [written.filter(names => names.length === 1), written.filter(names => names.length > 1)];
    const paths = (this.#parts.level === 1 ? direct : written).map(names => names.join('/'));
    await this.#store.markWritten(journal.id, paths);
    if (this.#parts.level === 1 && below.length > 0) {
      const touched = [...new Set(below.map(names => names[0]!))];
      await this.#store.mark(journal.id, { look: [], list: [], touched }, this.#now());
    }
  }

  /**
   * Works off the marks, until none is left or `isEnough`. Returns true when none is left. Resolves to `too-many` when
   * the folder has more members than a journal keeps.
   */
  async work(journal: SyncJournal, isEnough: () => Promise<boolean>): Promise<boolean | 'too-many'> {
    for (;;) {
      const toDo = await this.#store.toDo(journal.id, AT_ONCE * MAX_LOOKS);
      if (toDo.length === 0) {
        return true;
      }
      if (((await this.find())?.size ?? 0) > MAX_NAMES) {
        return 'too-many';
      }
      if (this.#calls >= MAX_CALLS || (await isEnough())) {
        return false;
      }
      if (await this.#listInstead(journal, toDo)) {
        continue;
      }
      const ready = toDo.filter(member => !toDo.some(other => other.isToList && isBelow(member, other)));
      for (const found of await Promise.all(ready.slice(0, AT_ONCE).map(member => this.#ask(member)))) {
        await this.#take(journal, found);
      }
    }
  }

  get #store() {
    return this.#parts.journals.store;
  }

  #now(): number {
    return this.#parts.journals.clock.now();
  }

  async #readPage(url: string) {
    const { graph, level, signal } = this.#parts;
    // A member that is a folder shows by its tag that something below it has changed.
    return readDelta(graph.call, url, signal, { withFolders: level === 1 });
  }

  /** Marks the folders with many marked members for a listing instead; returns whether there were any. */
  async #listInstead(journal: SyncJournal, toDo: readonly SyncMember[]): Promise<boolean> {
    const looks = toDo.filter(({ isToLook, isToList }) => isToLook && !isToList);
    const byFolder = Map.groupBy(looks, ({ path }) => folderOf(path));
    const listed = new Set(toDo.filter(({ isToList }) => isToList).map(({ path }) => path));
    const list = [...byFolder].flatMap(([path, members]) =>
      members.length > MAX_LOOKS && !listed.has(path) ? [path] : [],
    );
    if (list.length > 0) {
      await this.#store.mark(journal.id, { look: [], list, touched: [] }, this.#now());
    }
    return list.length > 0;
  }

  async #ask(member: SyncMember): Promise<Found> {
    const { graph, driveId, signal } = this.#parts;
    this.#calls += 1;
    const place = { driveId, id: member.itemId };
    const orAbsent = (error: unknown) => {
      if (isItemAbsent(error)) {
        return undefined;
      }
      throw error;
    };
    if (member.isToList) {
      const items = await listChildren(graph.call, place, signal).catch(orAbsent);
      this.#calls += Math.floor((items?.length ?? 0) / 1000);
      return { member, items };
    }
    return { member, item: await getItem(graph.call, place, signal).catch(orAbsent) };
  }

  async #take(journal: SyncJournal, found: Found): Promise<void> {
    const { member } = found;
    if ('items' in found) {
      await (found.items === undefined ? this.#lookAbove(journal, member) : this.#list(journal, member, found.items));
      return;
    }
    const { item } = found;
    const folder = folderOf(member.path);
    const isThere = item !== undefined && item.name === namesOf(member.path).at(-1);
    if (!isThere || (item.parentId !== undefined && item.parentId !== member.parentId)) {
      await this.#lookAbove(journal, member);
      return;
    }
    const now = toSyncItem(item, folder);
    const isSame = now.shown === member.shown;
    const put = isSame ? [] : [{ ...now, isToList: false }];
    const same = isSame ? [member.path] : [];
    if (!isSame) {
      this.#parts.changed(member.path);
    }
    await this.#put(journal, { path: folder, itemId: member.parentId! }, { isListing: false, put, same, gone: [] });
  }

  /** An item has left its place. A listing of its folder will show the current item there. */
  async #lookAbove(journal: SyncJournal, { path }: SyncMember): Promise<void> {
    if (path === '') {
      throw new DriveError('not-found', 'cannot find the folder to synchronise');
    }
    if (this.#doubted.has(path)) {
      const message = 'OneDrive lists a folder, and then does not have it';
      throw new DriveError('unavailable', message, { retryAfterSeconds: CONTRADICTION_RETRY_SECONDS });
    }
    this.#doubted.add(path);
    await this.#store.mark(journal.id, { look: [], list: [folderOf(path)], touched: [] }, this.#now());
  }

  async #list(
    journal: SyncJournal,
    { path, itemId, isListed }: SyncMember,
    items: readonly DriveItem[],
  ): Promise<void> {
    const known = await this.#store.membersOf(journal.id, path);
    const byPath = new Map(known.map(member => [member.path, member]));
    const now = new Map(items.map(item => [toSyncItem(item, path).path, item]));
    const put: SyncLook['put'][number][] = [];
    const same: SyncPath[] = [];
    for (const item of now.values()) {
      const next = toSyncItem(item, path);
      const before = byPath.get(next.path);
      if (before?.shown === next.shown) {
        same.push(...(before.isToLook ? [next.path] : []));
      } else {
        put.push({ ...next, isToList: this.#isToList(item) && before?.itemId !== item.id });
      }
    }
    // The URL of a folder is not that of a file by the same name.
    const gone = known.filter(({ path: at, kind }) => now.get(at)?.kind !== kind).map(member => member.path);
    const haveCome = put.some(item => !byPath.has(item.path));
    this.#parts.listed(path, items, isListed && (haveCome || gone.length > 0));
    await this.#put(journal, { path, itemId }, { isListing: true, put, same, gone });
  }

  #isToList({ kind, isShortcut }: DriveItem): boolean {
    return this.#parts.level === 'infinite' && kind === 'folder' && !isShortcut;
  }

  async #put(journal: SyncJournal, folder: SyncLook['folder'], look: Omit<SyncLook, 'folder'>): Promise<void> {
    await this.#store.put(journal.id, { folder, ...look }, this.#now());
  }
}

/** The members of a folder that is marked for listing may be gone. */
function isBelow({ path }: SyncMember, folder: SyncMember): boolean {
  return path !== folder.path && (folder.path === '' || path.startsWith(`${folder.path}/`));
}
