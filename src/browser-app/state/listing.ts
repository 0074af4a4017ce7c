import { computed, signal } from '@preact/signals';
import type { Entry, FolderHead } from '../dav/entry.ts';
import { asRequestError, isAbort, type RequestError } from '../dav/errors.ts';
import { viewHref } from '../dav/href.ts';
import { type Listing, readListing } from '../dav/listing.ts';
import { filterEntries, sortEntries } from '../dav/sort.ts';
import { language } from '../words/words.ts';
import { order } from './settings.ts';

/** A folder, or a search in one. */
export interface Place {
  /** With a slash at its end. */
  readonly href: string;
  readonly search: string | undefined;
}

export interface ListingState {
  readonly place: Place;
  /** `loading`: some of the entries may be there. Only `ready` is all of them. */
  readonly phase: 'loading' | 'ready' | 'error';
  readonly head: FolderHead | undefined;
  readonly entries: readonly Entry[];
  readonly error: RequestError | undefined;
}

/** Listings that are shown at once when somebody comes back to them, while they are read anew. */
const MAX_KEPT = 8;
const MAX_PAUSE_MS = 100;
const kept = new Map<string, Listing>();

export const listing = signal<ListingState>(stateOf(placeOf(location)));
/** What is typed to narrow the list. */
export const filter = signal('');

/** The entries as they are shown: all, or those that the filter leaves, in order. */
export const shown = computed(() => {
  const { entries } = listing.value;
  return sortEntries(filterEntries(entries, filter.value), order.value, language());
});

let running = new AbortController();
let reading: Promise<void> = Promise.resolve();

/** The place that a URL is of. */
export function placeOf({ pathname, search }: Pick<Location, 'pathname' | 'search'>): Place {
  const href = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return { href, search: new URLSearchParams(search).get('q') ?? undefined };
}

/** The URL of a place. */
export function urlOf({ href, search }: Place): string {
  return search === undefined ? href : `${href}?${new URLSearchParams({ q: search })}`;
}

/** Shows a place: what is known of it at once, and all of it once it is read. */
export function show(place: Place): Promise<void> {
  filter.value = '';
  const known = kept.get(urlOf(place));
  listing.value = known === undefined ? stateOf(place) : { ...stateOf(place), ...known, phase: 'ready' };
  return read(place, { isQuiet: known !== undefined });
}

/** Reads the place that is shown anew. What is shown stays until all of it is there. */
export function refresh(): Promise<void> {
  const { place, phase } = listing.value;
  const isQuiet = phase === 'ready';
  if (!isQuiet) {
    listing.value = stateOf(place);
  }
  return read(place, { isQuiet });
}

/** Reads the place anew if it is the folder of `href`; changes that come together are read once. */
export function refreshFolder(href: string): Promise<void> {
  kept.delete(href);
  return listing.value.place.href === href ? refresh() : Promise.resolve();
}

function read(place: Place, { isQuiet }: { isQuiet: boolean }): Promise<void> {
  running.abort();
  running = new AbortController();
  reading = readInto(place, { isQuiet, signal: running.signal });
  return reading;
}

async function readInto(place: Place, { isQuiet, signal }: { isQuiet: boolean; signal: AbortSignal }): Promise<void> {
  const url =
    place.search === undefined ? viewHref(place.href, 'entries') : viewHref(place.href, 'search', { q: place.search });
  try {
    const whole = await readListing(url, isQuiet ? {} : arrivalsAt(place), signal);
    keep(place, whole);
    listing.value = { ...stateOf(place), ...whole, phase: 'ready' };
  } catch (error) {
    // Another place, or the same one anew, is being read by now.
    if (!signal.aborted && !isAbort(error)) {
      const { head } = listing.value;
      listing.value = { ...stateOf(place), head, phase: 'error', error: asRequestError(error) };
    }
  }
}

/** Shows the first entries as soon as they are there, then twice as many each time: sorting all of them is not free. */
function arrivalsAt(place: Place): NonNullable<Parameters<typeof readListing>[1]> {
  const entries: Entry[] = [];
  let next = 1;
  return {
    onHead: head => {
      listing.value = { ...stateOf(place), head };
    },
    onEntries: more => {
      entries.push(...more);
      if (entries.length >= next) {
        next = entries.length * 2;
        listing.value = { ...listing.value, entries: [...entries] };
        return untilShown();
      }
      return undefined;
    },
  };
}

/** Lets the browser draw: what has arrived already would be read without a pause. A hidden page is not drawn at all. */
function untilShown(): Promise<void> {
  return new Promise(resolve => {
    requestAnimationFrame(() => setTimeout(resolve));
    setTimeout(resolve, MAX_PAUSE_MS);
  });
}

function stateOf(place: Place): ListingState {
  return { place, phase: 'loading', head: undefined, entries: [], error: undefined };
}

function keep(place: Place, whole: Listing): void {
  const url = urlOf(place);
  kept.delete(url);
  kept.set(url, whole);
  const [oldest] = kept.keys();
  if (kept.size > MAX_KEPT && oldest !== undefined) {
    kept.delete(oldest);
  }
}
