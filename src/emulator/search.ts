import type { Item } from './drive-reader.ts';
import type { World } from './exchange.ts';
import { mimeTypeOf } from './mime-types.ts';
import { foldName } from './names.ts';
import type { Library } from './site.ts';

/** Files beyond this are searched by their names only. */
const MAX_TEXT_BYTES = 1024 * 1024;
/** Rows to read at once. */
const BATCH = 1000;

export interface SearchRequest {
  readonly folder: Item;
  readonly text: string;
  /** The key of the last returned item; 0 for none. */
  readonly after: number;
  readonly limit: number;
}

/**
 * Finds items below the folder whose names or texts have a word beginning with each word of the query, as SharePoint's
 * index does. Ignores changes that the index does not have yet.
 */
export async function search(world: World, library: Library, request: SearchRequest): Promise<Item[]> {
  const { drive } = library;
  const { searchLagMs, searchesContent, clock } = world.settings;
  const { folder, text, limit } = request;
  const terms = wordsOf(text);
  const indexedUntil = clock.now() - searchLagMs;
  const within = searchesContent ? '' : (terms[0] ?? '');
  const found: Item[] = [];
  let { after } = request;
  for (;;) {
    const rows = drive.store.named(drive.key, { within, after, limit: BATCH });
    for (const item of rows) {
      const isBelow = item.key !== folder.key && drive.isInside(item, folder);
      if (isBelow && item.changedAt <= indexedUntil && (await isHit(world, item, terms))) {
        found.push(item);
      }
      if (found.length === limit) {
        return found;
      }
    }
    if (rows.length < BATCH) {
      return found;
    }
    after = rows.at(-1)!.key;
  }
}

async function isHit(world: World, item: Item, terms: readonly string[]): Promise<boolean> {
  return hasAll(item.name, terms) || (world.settings.searchesContent && hasAll(await textOf(world, item), terms));
}

function hasAll(text: string, terms: readonly string[]): boolean {
  const words = wordsOf(text);
  return terms.every(term => words.some(word => word.startsWith(term)));
}

async function textOf({ blobs }: World, { name, blob, size }: Item): Promise<string> {
  if (blob === null || size > MAX_TEXT_BYTES || !mimeTypeOf(name).startsWith('text/')) {
    return '';
  }
  return Buffer.concat(await Array.fromAsync(blobs.read({ name: blob, size }))).toString();
}

function wordsOf(text: string): string[] {
  return foldName(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '');
}
