import type { CallGraph } from './client.ts';
import { ITEM_SELECT, WITH_SHORTCUTS } from './items.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import { identityName, type WireItem } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** The names of those who made and who last changed an item, as far as Graph says them. */
export interface ItemAuthors {
  readonly createdBy?: string | undefined;
  readonly modifiedBy?: string | undefined;
}

/** Returns one item with its authors (Graph docs, "Get a DriveItem"). `isKnown`: it existed a moment ago. */
export async function getItemWithAuthors(
  call: CallGraph,
  place: ItemPlace,
  signal: AbortSignal,
  { isKnown = false }: { isKnown?: boolean } = {},
): Promise<{ readonly item: DriveItem; readonly authors: ItemAuthors }> {
  const path = `${itemPath(place)}?$select=${ITEM_SELECT},createdBy,lastModifiedBy`;
  const { json } = await call({ method: 'GET', path, prefer: WITH_SHORTCUTS, isKnown, signal });
  const wire = json as WireItem | undefined;
  const authors = { createdBy: identityName(wire?.createdBy), modifiedBy: identityName(wire?.lastModifiedBy) };
  return { item: normalizeItem(wire), authors };
}
