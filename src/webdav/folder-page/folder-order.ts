import type { Entry } from '../../drive/entry.ts';

const COLUMNS = ['name', 'size', 'modified'] as const;
const DIRECTIONS = ['asc', 'desc'] as const;

export type Column = (typeof COLUMNS)[number];

/** The sort order of a folder's page. */
export interface FolderOrder {
  readonly by: Column;
  readonly direction: (typeof DIRECTIONS)[number];
}

/**
 * A fixed language, not the machine's: the same folder has the same order wherever the server runs. `numeric` puts 2
 * before 10.
 */
const NAMES = new Intl.Collator('en', { numeric: true });

const COMPARE: Record<Column, (a: Entry, b: Entry) => number> = {
  name: compareNames,
  size: (a, b) => (shownSize(a) ?? 0) - (shownSize(b) ?? 0),
  modified: (a, b) => a.modified.getTime() - b.modified.getTime(),
};

/** The order that `?sort=…&order=…` of a request target asks for. Unknown values are ignored. */
export function parseFolderOrder(target: string): FolderOrder {
  const query = new URLSearchParams(target.split('?')[1]);
  return {
    by: COLUMNS.find(column => column === query.get('sort')) ?? 'name',
    direction: DIRECTIONS.find(direction => direction === query.get('order')) ?? 'asc',
  };
}

/** Folders first in either direction. Equal entries are sorted by name, so that a listing always has the same order. */
export function sortEntries(entries: readonly Entry[], { by, direction }: FolderOrder): Entry[] {
  const sign = direction === 'asc' ? 1 : -1;
  return entries.toSorted(
    (a, b) => Number(a.kind === 'file') - Number(b.kind === 'file') || sign * COMPARE[by](a, b) || compareNames(a, b),
  );
}

/** The size in bytes that a reader expects. A folder's size is that of its tree, where the drive knows it. */
export function shownSize(entry: Entry): number | undefined {
  return entry.kind === 'file' ? entry.size : entry.treeSize;
}

function compareNames(a: Entry, b: Entry): number {
  return NAMES.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
}
