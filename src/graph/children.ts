import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import { ITEM_SELECT, WITH_SHORTCUTS } from './items.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import type { WireItem, WirePage } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** The largest page size that Microsoft staff call safe. */
const PAGE_SIZE = 1000;
/** Half a million entries; an endless list of pages is an error, not a listing. */
const MAX_PAGES = 500;

/**
 * Returns all members of a folder, following each nextLink unchanged (Graph docs, "List children"). Complete, or an
 * error. Pages are positional, so a concurrent write can repeat an item; it is returned once.
 */
export async function listChildren(call: CallGraph, folder: ItemPlace, signal: AbortSignal): Promise<DriveItem[]> {
  const byId = new Map<string, DriveItem>();
  let path: string | undefined = `${itemPath(folder, 'children')}?$top=${PAGE_SIZE}&$select=${ITEM_SELECT}`;
  for (let page = 0; path !== undefined; page += 1) {
    if (page === MAX_PAGES) {
      throw new GraphError('protocol', `Graph returned ${MAX_PAGES} pages of one folder without an end`);
    }
    const { json } = await call({ method: 'GET', path, prefer: WITH_SHORTCUTS, isKnown: true, signal });
    const { value, '@odata.nextLink': next } = readPage(json);
    for (const wire of value) {
      const item = normalizeItem(wire);
      byId.set(item.id, item);
    }
    path = next;
  }
  return [...byId.values()];
}

function readPage(json: unknown): WirePage<WireItem> {
  const page = json as WirePage<WireItem> | undefined;
  if (!Array.isArray(page?.value)) {
    throw new GraphError('protocol', 'Graph returned a listing without its value');
  }
  return page;
}
