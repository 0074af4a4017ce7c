import { signal } from '@preact/signals';
import { type Entry, keyOf } from '../dav/entry.ts';
import { parentHref } from '../dav/href.ts';
import type { Clipboard } from './clipboard.ts';
import type { Placed } from './for-each.ts';
import { listing } from './listing.ts';
import { hrefOf } from './navigation.ts';
import { clearSelection, selected, selection } from './selection.ts';
import { transferInto } from './transfers.ts';

/** What a drag of entries is called among the types of its data. Other pages and programs do not know it. */
const TYPE = 'application/x-webdav-entries';

/** The entries that are dragged. */
let dragged: readonly Placed[] = [];

/** The href of the folder that a drag is over, and that would take what is dragged. */
export const dropFolder = signal<string | undefined>(undefined);

/** Whether entries can be dragged: to be moved, or at least copied. */
export function canDrag(): boolean {
  return listing.value.head?.root === undefined;
}

/** Begins to drag an entry, and with it the others that are selected, if it is one of them. */
export function startDrag(event: DragEvent, entry: Entry): void {
  const entries = selected.value.has(keyOf(entry)) ? selection.value : [entry];
  dragged = entries.map(each => ({ entry: each, href: hrefOf(each) }));
  event.dataTransfer!.setData(TYPE, '');
  event.dataTransfer!.effectAllowed = canMove() ? 'copyMove' : 'copy';
}

export function endDrag(): void {
  dragged = [];
  dropFolder.value = undefined;
}

/** The handlers of an element that stands for a folder, and takes the entries that are dropped on it. */
export function takesEntries(folder: string) {
  return {
    onDragOver: (event: DragEvent) => {
      if (isTaken(event, folder)) {
        event.preventDefault();
        event.dataTransfer!.dropEffect = methodOf(event) === 'MOVE' ? 'move' : 'copy';
        dropFolder.value = folder;
      }
    },
    onDragLeave: () => {
      if (dropFolder.value === folder) {
        dropFolder.value = undefined;
      }
    },
    onDrop: (event: DragEvent) => {
      if (isTaken(event, folder)) {
        event.preventDefault();
        event.stopPropagation();
        const items = dragged;
        endDrag();
        clearSelection();
        void transferInto(folder, { method: methodOf(event), items });
      }
    },
  };
}

/** Nothing goes into itself, or to where it is. */
function isTaken(event: DragEvent, folder: string): boolean {
  const isOfEntries = event.dataTransfer?.types.includes(TYPE) ?? false;
  return (
    isOfEntries && dragged.length > 0 && !dragged.some(({ href }) => href === folder || parentHref(href) === folder)
  );
}

/** Ctrl copies, as in file managers; on a Mac that is Option. */
function methodOf(event: DragEvent): Clipboard['method'] {
  return event.ctrlKey || event.altKey || !canMove() ? 'COPY' : 'MOVE';
}

function canMove(): boolean {
  return listing.value.head?.access === 'write';
}
