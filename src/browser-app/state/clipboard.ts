import { signal } from '@preact/signals';
import type { Entry } from '../dav/entry.ts';
import { sayCount } from '../words/words.ts';
import type { Placed } from './for-each.ts';
import { hrefOf } from './navigation.ts';
import { tell } from './toasts.ts';

/** Entries that wait to be pasted. */
export interface Clipboard {
  readonly method: 'COPY' | 'MOVE';
  readonly items: readonly Placed[];
}

export const clipboard = signal<Clipboard | undefined>(undefined);

/** Keeps entries until they are pasted; `MOVE`: they are cut. */
export function keepForPaste(method: Clipboard['method'], entries: readonly Entry[]): void {
  if (entries.length > 0) {
    clipboard.value = { method, items: entries.map(entry => ({ entry, href: hrefOf(entry) })) };
    tell(sayCount('readyToPaste', entries.length));
  }
}
