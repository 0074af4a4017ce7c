import type { CallGraph } from './client.ts';
import { ITEM_SELECT } from './items.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import { readPages } from './pages.ts';
import type { WireItem } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** Hits in one page (Graph docs, "Search for DriveItems within a drive": 200 by default). */
const PAGE_SIZE = 200;
const MAX_PAGES = 50;

export interface FoundItems {
  readonly items: readonly DriveItem[];
  /** True when Graph has more of them. */
  readonly hasMore: boolean;
}

/**
 * Returns up to `limit` items below a folder that Graph's index knows by these words (Graph docs, "Search for DriveItems
 * within a drive"). The index may be minutes behind. Hits name their folder by its id only, without a path
 * (onedrive-api-docs 451, 1234, 1870).
 */
export async function searchItems(
  call: CallGraph,
  folder: ItemPlace,
  { words, limit }: { words: string; limit: number },
  signal: AbortSignal,
): Promise<FoundItems> {
  const items: DriveItem[] = [];
  // An apostrophe is doubled in a string of OData (abraunegg 3624).
  const action = `search(q='${encodeURIComponent(words.replaceAll("'", "''"))}')`;
  const first = `${itemPath(folder, action)}?$top=${PAGE_SIZE}&$select=${ITEM_SELECT}`;
  const known: CallGraph = request => call({ ...request, isKnown: true });
  for await (const page of readPages<WireItem>(known, first, { what: 'hits', maxPages: MAX_PAGES, signal })) {
    items.push(...page.map(normalizeItem));
    if (items.length > limit) {
      return { items: items.slice(0, limit), hasMore: true };
    }
  }
  return { items, hasMore: false };
}

/**
 * Returns the words of a text as Graph accepts them; `''` when it has none. Graph refuses `/`
 * (microsoft-graph-docs-contrib 7443). The other characters that are left out mean something to its index, or cannot be
 * in a name; an index looks for words, and they end there in any case.
 */
export function searchWords(text: string): string {
  return /[\p{L}\p{N}]/u.test(text) ? text.replace(/[\p{C}\p{Z}"*:<>?/\\|#%]+/gu, ' ').trim() : '';
}
