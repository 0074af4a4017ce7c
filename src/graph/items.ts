import type { CallGraph } from './client.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import type { WireItem } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** What we read of an item. Whatever is selected, the download URL comes only by this property path. */
export const ITEM_SELECT =
  'id,name,size,eTag,cTag,createdDateTime,lastModifiedDateTime,fileSystemInfo,parentReference,file,folder,package,remoteItem,root';
const WITH_DOWNLOAD_URL = `${ITEM_SELECT},content.downloadUrl`;

/** What happens when the name is taken. Sent with each write: the defaults differ from call to call. */
export type ConflictBehavior = 'fail' | 'replace';

/** One item, with a fresh download URL when it is a file (Graph docs, "Get a DriveItem"). */
export async function getItem(call: CallGraph, place: ItemPlace, signal: AbortSignal): Promise<DriveItem> {
  const { json } = await call({ method: 'GET', path: `${itemPath(place)}?$select=${WITH_DOWNLOAD_URL}`, signal });
  return normalizeItem(json as WireItem);
}

/** A new folder; GraphError 409 when the name is taken (Graph docs, "Create a new folder in a drive"). */
export async function createFolder(
  call: CallGraph,
  parent: ItemPlace,
  name: string,
  signal: AbortSignal,
): Promise<DriveItem> {
  const body = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
  const { json } = await call({ method: 'POST', path: itemPath(parent, 'children'), body, signal });
  // An empty answer to a success has been seen; the folder is there then.
  return json === undefined ? getItem(call, { ...parent, names: [name] }, signal) : normalizeItem(json as WireItem);
}

/** What is absent stays as it is. */
export interface ItemTimes {
  readonly created?: Date;
  readonly modified?: Date;
}

export interface ItemChange {
  readonly name?: string;
  readonly parentId?: string;
  /** Client times; a move without them resets the item's. */
  readonly times?: ItemTimes;
  readonly conflict?: ConflictBehavior;
}

/** Renames, moves, or sets times, all in one request (Graph docs, "Update a DriveItem"). */
export async function updateItem(
  call: CallGraph,
  place: ItemPlace,
  change: ItemChange,
  signal: AbortSignal,
): Promise<DriveItem> {
  const { name, parentId, times, conflict } = change;
  const body = {
    ...(name === undefined ? {} : { name }),
    ...(parentId === undefined ? {} : { parentReference: { id: parentId } }),
    ...(times === undefined ? {} : { fileSystemInfo: renderTimes(times) }),
    ...(conflict === undefined ? {} : { '@microsoft.graph.conflictBehavior': conflict }),
  };
  const { json } = await call({ method: 'PATCH', path: itemPath(place), body, signal });
  return json === undefined ? getItem(call, place, signal) : normalizeItem(json as WireItem);
}

/** To the recycle bin, with all that is in it (Graph docs, "Delete a DriveItem"). */
export async function deleteItem(call: CallGraph, place: ItemPlace, signal: AbortSignal): Promise<void> {
  await call({ method: 'DELETE', path: itemPath(place), signal });
}

/** `fileSystemInfo` of a request; Graph keeps whole seconds. */
export function renderTimes({ created, modified }: ItemTimes): Record<string, string> {
  return {
    ...(created === undefined ? {} : { createdDateTime: renderTime(created) }),
    ...(modified === undefined ? {} : { lastModifiedDateTime: renderTime(modified) }),
  };
}

function renderTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
