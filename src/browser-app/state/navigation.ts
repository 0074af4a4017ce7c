import { signal } from '@preact/signals';
import { type Entry, keyOf } from '../dav/entry.ts';
import { memberHref, parentHref } from '../dav/href.ts';
import { listing, type Place, placeOf, show, urlOf } from './listing.ts';
import { ROOT } from './page.ts';
import { clearSelection, cursorKey } from './selection.ts';

/** The key of the file whose preview is open. It is in the URL, so that Back closes it. */
export const previewed = signal(previewIn(location.hash));

/** What a history entry remembers of the list: the place of its reader. */
interface Remembered {
  readonly cursor?: string;
}

/** Goes to a folder, or to a search in one, without loading a page. */
export function open(href: string, search?: string): void {
  const place: Place = { href, search };
  if (urlOf(place) === urlOf(listing.value.place)) {
    void show(place);
    return;
  }
  history.replaceState({ cursor: cursorKey.value } satisfies Remembered, '');
  history.pushState({}, '', urlOf(place));
  arrive(undefined);
}

/** Goes to the folder above, with the cursor where the user comes from. The root has none. */
export function openParent(): void {
  const { place, head } = listing.value;
  if (place.search !== undefined) {
    open(place.href);
  } else if (head === undefined ? place.href !== ROOT : head.path.length > 0) {
    const from = head?.path.at(-1);
    open(parentHref(place.href));
    cursorKey.value = from;
  }
}

/** The href of an entry of the list that is shown. */
export function hrefOf(entry: Entry): string {
  return memberHref(listing.value.place.href, entry);
}

export function openPreview(entry: Entry): void {
  const hash = `#preview=${encodeURIComponent(keyOf(entry))}`;
  // Going on to the next one is no step of its own.
  history[previewed.value === undefined ? 'pushState' : 'replaceState'](
    { cursor: keyOf(entry), isPreview: true },
    '',
    hash,
  );
  cursorKey.value = keyOf(entry);
  previewed.value = keyOf(entry);
}

export function closePreview(): void {
  if ((history.state as { isPreview?: boolean } | null)?.isPreview) {
    history.back();
    return;
  }
  history.replaceState({}, '', urlOf(listing.value.place));
  previewed.value = undefined;
}

/** Follows the browser's own buttons from now on, and shows the place of the URL. */
export function startNavigation(): void {
  addEventListener('popstate', ({ state }) => {
    const wasPreviewed = previewed.value !== undefined;
    previewed.value = previewIn(location.hash);
    const isSamePlace = urlOf(placeOf(location)) === urlOf(listing.value.place);
    // A preview has been opened or closed above the same list.
    if (!(isSamePlace && (wasPreviewed || previewed.value !== undefined))) {
      arrive((state as Remembered | null)?.cursor);
    }
  });
  void show(placeOf(location));
}

function arrive(cursor: string | undefined): void {
  clearSelection();
  cursorKey.value = cursor;
  void show(placeOf(location));
}

function previewIn(hash: string): string | undefined {
  const key = /^#preview=(.+)$/.exec(hash)?.[1];
  try {
    return key && decodeURIComponent(key);
  } catch {
    return undefined;
  }
}
