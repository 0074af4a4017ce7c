import { computed, signal } from '@preact/signals';
import { type Entry, foldName, keyOf } from '../dav/entry.ts';
import { shown } from './listing.ts';

/** The keys of the entries that are selected. */
export const selected = signal<ReadonlySet<string>>(new Set());
/** The key of the entry that the keyboard is at. */
export const cursorKey = signal<string | undefined>(undefined);
/** Where a range begins. */
const anchorKey = signal<string | undefined>(undefined);

/** -1: nowhere. */
export const cursorIndex = computed(() =>
  cursorKey.value === undefined ? -1 : shown.value.findIndex(entry => keyOf(entry) === cursorKey.value),
);

/** The entries that are selected and shown, in order. */
export const selection = computed(() =>
  selected.value.size === 0 ? [] : shown.value.filter(entry => selected.value.has(keyOf(entry))),
);

/** What an action is about: the selection, or else the entry at the cursor. */
export function actedOn(): readonly Entry[] {
  const entry = shown.value[cursorIndex.value];
  return selection.value.length > 0 || entry === undefined ? selection.value : [entry];
}

export function clearSelection(): void {
  selected.value = new Set();
  anchorKey.value = undefined;
}

export function selectAll(): void {
  selected.value = new Set(shown.value.map(keyOf));
}

/** Selects one entry alone. */
export function selectOnly(entry: Entry): void {
  place(entry);
  selected.value = new Set([keyOf(entry)]);
}

/** Adds an entry to the selection, or takes it away. */
export function toggle(entry: Entry): void {
  place(entry);
  const next = new Set(selected.value);
  if (!next.delete(keyOf(entry))) {
    next.add(keyOf(entry));
  }
  selected.value = next;
}

/** Selects all from the last entry that was selected by itself to this one. */
export function selectTo(entry: Entry): void {
  const entries = shown.value;
  const from = Math.max(
    0,
    entries.findIndex(each => keyOf(each) === anchorKey.value),
  );
  const to = entries.findIndex(each => keyOf(each) === keyOf(entry));
  selected.value = new Set(entries.slice(Math.min(from, to), Math.max(from, to) + 1).map(keyOf));
  cursorKey.value = keyOf(entry);
}

/** Moves the cursor by some entries; `extends`: the selection goes along. */
export function moveCursor(index: number, { isExtending }: { isExtending: boolean }): void {
  const entries = shown.value;
  const entry = entries[Math.max(0, Math.min(entries.length - 1, index))];
  if (entry === undefined) {
    return;
  }
  if (isExtending) {
    anchorKey.value ??= cursorKey.value ?? keyOf(entry);
    selectTo(entry);
  } else {
    place(entry);
  }
}

/** Moves the cursor to the next entry whose name begins with a text, round the end. */
export function moveToPrefix(text: string): void {
  const entries = shown.value;
  const wanted = foldName(text);
  const start = Math.max(0, cursorIndex.value + (text.length === 1 ? 1 : 0));
  const found = [...entries.slice(start), ...entries.slice(0, start)].find(({ name }) =>
    foldName(name).startsWith(wanted),
  );
  if (found !== undefined) {
    place(found);
  }
}

function place(entry: Entry): void {
  cursorKey.value = keyOf(entry);
  anchorKey.value = keyOf(entry);
}
