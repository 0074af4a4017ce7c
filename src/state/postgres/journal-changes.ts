import type { JournalRow } from '../rows/sync-row.ts';
import { folderOf, type SyncLimits } from '../sync-limits.ts';
import type { SyncLook, SyncMarks, SyncPath } from '../sync-store.ts';
import type { Queries } from './database.ts';
import { SYNC_STATEMENTS as SQL, type StepRow } from './sync-statements.ts';

const KINDS = ['file', 'folder'] as const;

/** A tombstone shows only its path and kind. */
const TOMBSTONE = { is_gone: 1, to_look: 0, to_list: 0, listed_at: 0, shown: '', tag: '' } as const;

/**
 * The changes of one journal in one step. The rows concerned are read at once, changed in memory, and written at once:
 * a listing has thousands of them.
 */
export class JournalChanges {
  readonly #queries: Queries;
  readonly #id: number;
  readonly #before: number;
  /** What the step has read or put, by kind and path. */
  readonly #rows = new Map<string, StepRow>();
  readonly #changed = new Set<string>();
  /** The paths below those that go, by the path that goes. */
  #below: Map<SyncPath, SyncPath[]> = new Map();
  #last: number;
  #floor: number;
  #added = 0;
  #hasGone = false;

  constructor(queries: Queries, { id, last, floor }: JournalRow) {
    this.#queries = queries;
    this.#id = id;
    this.#before = last;
    this.#last = last;
    this.#floor = floor;
  }

  async mark({ look, list, touched, link }: SyncMarks, now: number): Promise<void> {
    if (look.length > 0) {
      await this.#queries.write(SQL.look, this.#id, look);
    }
    if (list.length > 0) {
      await this.#queries.write(SQL.list, this.#id, list);
    }
    if (touched.length > 0) {
      const numbers = new Map(touched.map(path => [path, this.#next(now)]));
      await this.#queries.write(SQL.touch, this.#id, [...numbers.keys()], [...numbers.values()]);
    }
    if (link !== undefined) {
      await this.#queries.write(SQL.link, this.#id, link.url, link.at);
    }
  }

  async put(look: SyncLook, now: number): Promise<void> {
    await this.#readFor(look);
    const { folder, isListing, put, same, gone } = look;
    const known = this.#row(folder.path, 'folder');
    if (known === undefined || known.is_gone === 1 || known.item_id !== folder.itemId) {
      return;
    }
    for (const path of gone) {
      this.#remove(path, now);
    }
    for (const member of put) {
      this.#put(folder.path, member, now);
    }
    for (const path of same) {
      this.#change(path, { to_look: 0 });
    }
    if (isListing) {
      this.#change(folder.path, { to_list: 0, listed_at: now });
    }
    if (put.length + gone.length > 0) {
      // The folders that lead here have changed, as their tags follow the tree.
      for (const path of foldersTo(folder.path)) {
        this.#change(path, { number: this.#next(now) });
      }
    }
  }

  async end(limits: Pick<SyncLimits, 'maxGone'>): Promise<void> {
    if (this.#changed.size > 0) {
      await this.#queries.write(SQL.put, this.#id, ...toColumns([...this.#changed].map(key => this.#rows.get(key)!)));
    }
    if (this.#hasGone) {
      await this.#forgetOldest(limits.maxGone);
    }
    if (this.#last !== this.#before || this.#added !== 0) {
      await this.#queries.write(SQL.advance, this.#id, this.#last, this.#floor, this.#added);
    }
  }

  async #readFor({ folder, put, same, gone }: SyncLook): Promise<void> {
    const paths = [folder.path, ...foldersTo(folder.path), ...put.map(({ path }) => path), ...same, ...gone];
    this.#keep(await this.#queries.read(SQL.at, this.#id, paths));
    const replaced = put.filter(({ path, kind, itemId }) => {
      const known = this.#row(path, kind);
      return known !== undefined && !isThere(known, itemId);
    });
    const tops = [...gone, ...replaced.map(({ path }) => path)];
    if (tops.length > 0) {
      const below = await this.#queries.read(SQL.below, this.#id, tops);
      this.#keep(below);
      this.#below = groupBelow(below, new Set(tops));
    }
  }

  #put(folder: SyncPath, { path, itemId, kind, tag, shown, isToList }: SyncLook['put'][number], now: number): void {
    const known = this.#row(path, kind);
    const isSame = known !== undefined && isThere(known, itemId);
    if (known !== undefined && !isSame) {
      this.#removeBelow(path, now);
    }
    const number = this.#next(now);
    this.#added += known === undefined ? 1 : 0;
    this.#set({
      ...{
        path,
        folder,
        item_id: itemId,
        kind,
        tag,
        shown,
        born: known?.born ?? number,
        number,
        is_gone: 0,
        to_look: 0,
      },
      to_list: isToList || (isSame && known.to_list === 1) ? 1 : 0,
      listed_at: isSame ? known.listed_at : 0,
    });
  }

  #remove(path: SyncPath, now: number): void {
    const isRemoved = this.#change(path, { ...TOMBSTONE, number: this.#next(now) });
    this.#hasGone ||= isRemoved;
    this.#removeBelow(path, now);
  }

  #removeBelow(path: SyncPath, now: number): void {
    for (const each of this.#below.get(path) ?? []) {
      const isRemoved = this.#change(each, { ...TOMBSTONE, number: this.#next(now) });
      this.#hasGone ||= isRemoved;
    }
    this.#below.delete(path);
  }

  /** Changes what is there at `path`; returns whether anything is. */
  #change(path: SyncPath, change: Partial<StepRow>): boolean {
    const found = KINDS.map(kind => this.#row(path, kind)).find(row => row?.is_gone === 0);
    if (found !== undefined) {
      this.#set({ ...found, ...change });
    }
    return found !== undefined;
  }

  async #forgetOldest(maxGone: number): Promise<void> {
    const [{ gone } = { gone: 0 }] = await this.#queries.read(SQL.countGone, this.#id);
    if (gone <= maxGone) {
      return;
    }
    const [oldest] = await this.#queries.read(SQL.nthGone, this.#id, Math.floor(gone / 2));
    this.#added -= (await this.#queries.write(SQL.forgetGone, this.#id, oldest!.number)).count;
    this.#floor = Math.max(this.#floor, oldest!.number);
  }

  #row(path: SyncPath, kind: StepRow['kind']): StepRow | undefined {
    return this.#rows.get(`${kind}:${path}`);
  }

  #keep(rows: readonly StepRow[]): void {
    for (const row of rows) {
      this.#rows.set(`${row.kind}:${row.path}`, row);
    }
  }

  #set(row: StepRow): void {
    const key = `${row.kind}:${row.path}`;
    this.#rows.set(key, row);
    this.#changed.add(key);
  }

  #next(now: number): number {
    this.#last = Math.max(this.#last + 1, now);
    return this.#last;
  }
}

function isThere(row: StepRow, itemId: string): boolean {
  return row.is_gone === 0 && row.item_id === itemId;
}

/** Returns the path and those of the folders that it leads through, without the journal's own. */
function foldersTo(path: SyncPath): SyncPath[] {
  return path === '' ? [] : [path, ...foldersTo(folderOf(path))];
}

/** Returns the paths of rows by the one of `tops` that they are below. */
function groupBelow(rows: readonly StepRow[], tops: ReadonlySet<SyncPath>): Map<SyncPath, SyncPath[]> {
  return Map.groupBy(
    rows.map(({ path }) => path),
    path => foldersTo(folderOf(path)).find(folder => tops.has(folder)) ?? '',
  );
}

/** Returns the values of a bulk statement, a column each. */
function toColumns(rows: readonly StepRow[]) {
  return [
    rows.map(({ path }) => path),
    rows.map(({ folder }) => folder),
    rows.map(({ item_id }) => item_id),
    rows.map(({ kind }) => kind),
    rows.map(({ tag }) => tag),
    rows.map(({ shown }) => shown),
    rows.map(({ born }) => born),
    rows.map(({ number }) => number),
    rows.map(({ is_gone }) => is_gone),
    rows.map(({ to_look }) => to_look),
    rows.map(({ to_list }) => to_list),
    rows.map(({ listed_at }) => listed_at),
  ];
}
