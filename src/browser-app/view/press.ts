import type { Entry } from '../dav/entry.ts';
import { selected, selectOnly, selectTo, toggle } from '../state/selection.ts';
import { openEntry } from './entry-menu.ts';

/** A press on an entry, beside its name: it selects. On a touch screen it opens, unless something is selected. */
export function press(event: MouseEvent, entry: Entry): void {
  if (event.shiftKey) {
    selectTo(entry);
  } else if (event.ctrlKey || event.metaKey || selected.value.size > 0) {
    toggle(entry);
  } else if (isTouch(event)) {
    openEntry(entry);
  } else {
    selectOnly(entry);
  }
}

function isTouch(event: MouseEvent): boolean {
  return event instanceof PointerEvent && event.pointerType === 'touch';
}
