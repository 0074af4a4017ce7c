import { type Entry, foldName } from './entry.ts';

export const COLUMNS = ['name', 'size', 'modified'] as const;
export type Column = (typeof COLUMNS)[number];

export interface Order {
  readonly by: Column;
  readonly isDescending: boolean;
}

/** The order after a click on a column: the other direction, or what people look for first. */
export function orderAfter(order: Order, by: Column): Order {
  return { by, isDescending: order.by === by ? !order.isDescending : by !== 'name' };
}

/** Folders first in either direction. Equal entries are sorted by name. `language` decides the order of letters. */
export function sortEntries(entries: readonly Entry[], { by, isDescending }: Order, language: string): Entry[] {
  const names = new Intl.Collator(language, { numeric: true });
  const compareNames = (a: Entry, b: Entry) => names.compare(a.name, b.name) || (a.name < b.name ? -1 : 1);
  const compare: Record<Column, (a: Entry, b: Entry) => number> = {
    name: compareNames,
    size: (a, b) => (a.size ?? 0) - (b.size ?? 0),
    // All of them are in one form, in UTC.
    modified: (a, b) => (a.modified < b.modified ? -1 : a.modified > b.modified ? 1 : 0),
  };
  const sign = isDescending ? -1 : 1;
  return entries.toSorted(
    (a, b) => Number(a.kind === 'file') - Number(b.kind === 'file') || sign * compare[by](a, b) || compareNames(a, b),
  );
}

/** The entries with a text in their names, whatever its case. */
export function filterEntries(entries: readonly Entry[], text: string): readonly Entry[] {
  const wanted = foldName(text.trim());
  return wanted === '' ? entries : entries.filter(({ name }) => foldName(name).includes(wanted));
}
