import type { CallGraph } from './client.ts';
import { GraphError, isItemAbsent, mayBeDone } from './errors.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import type { WireItem } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/** The selected properties of an item. Only this property path returns the download URL. */
export const ITEM_SELECT =
  'id,name,size,eTag,cTag,createdDateTime,lastModifiedDateTime,fileSystemInfo,parentReference,file,folder,package,remoteItem,root';
const WITH_DOWNLOAD_URL = `${ITEM_SELECT},content.downloadUrl`;

/**
 * Without this Graph hides the shortcuts in a user's OneDrive, whose names are taken all the same (onedrive-go;
 * abraunegg).
 */
export const WITH_SHORTCUTS = 'Include-Feature=AddToOneDrive';

/** The behaviour when the name is taken. Sent with each write: the defaults differ between calls. */
export type ConflictBehavior = 'fail' | 'replace';

/**
 * Returns one item, with a fresh download URL if it is a file (Graph docs, "Get a DriveItem"). `isKnown`: it existed a
 * moment ago.
 */
export async function getItem(
  call: CallGraph,
  place: ItemPlace,
  signal: AbortSignal,
  { isKnown = false }: { isKnown?: boolean } = {},
): Promise<DriveItem> {
  const path = `${itemPath(place)}?$select=${WITH_DOWNLOAD_URL}`;
  const { json } = await call({ method: 'GET', path, prefer: WITH_SHORTCUTS, isKnown, signal });
  return normalizeItem(json as WireItem);
}

/**
 * Returns a folder and its members in one call (Graph docs, "Optional query parameters": `$expand`). `members` is
 * undefined when they are not all there: Graph expands the first page only, and does not always add a link to the next.
 */
export async function getItemWithMembers(
  call: CallGraph,
  place: ItemPlace,
  signal: AbortSignal,
  { isKnown = false }: { isKnown?: boolean } = {},
): Promise<{ readonly item: DriveItem; readonly members: readonly DriveItem[] | undefined }> {
  const path = `${itemPath(place)}?$select=${ITEM_SELECT}&$expand=children($select=${ITEM_SELECT})`;
  const { json } = await call({ method: 'GET', path, prefer: WITH_SHORTCUTS, isKnown, signal });
  const wire = json as WireItem | undefined;
  const item = normalizeItem(wire);
  const children: unknown = wire?.children;
  const isWhole =
    Array.isArray(children) &&
    children.length === item.childCount &&
    wire?.['children@odata.nextLink'] === undefined &&
    !item.isShortcut;
  return { item, members: isWhole ? children.map(child => normalizeItem(child as WireItem)) : undefined };
}

/** A folder to create. */
export interface NewFolder {
  readonly name: string;
  /** Graph has just said that the name is free: a folder found there after a lost answer is then ours. */
  readonly wasFree: boolean;
}

/**
 * Creates a folder; throws GraphError 409 when the name is taken (Graph docs, "Create a new folder in a drive").
 * `isEmpty`: it cannot have had any members before this answer.
 */
export async function createFolder(
  call: CallGraph,
  parent: ItemPlace,
  { name, wasFree }: NewFolder,
  signal: AbortSignal,
): Promise<{ readonly item: DriveItem; readonly isEmpty: boolean }> {
  const body = { name, folder: {}, '@microsoft.graph.conflictBehavior': 'fail' };
  const path = itemPath(parent, 'children');
  const reread = () => getItem(call, { ...parent, names: [name] }, signal, { isKnown: true });
  try {
    const { json } = await call({ method: 'POST', path, body, success: [201], isKnown: true, signal });
    if (json !== undefined) {
      return { item: normalizeItem(json as WireItem), isEmpty: true };
    }
  } catch (error) {
    if (!wasFree || !mayBeDone(error)) {
      throw error;
    }
    return { item: asFolder(await reread().catch(() => throwIt(error)), error), isEmpty: false };
  }
  // Empty success answers have been seen; the folder exists then.
  const error = new GraphError('protocol', 'Graph acknowledged a folder but returned another kind of item');
  return { item: asFolder(await reread(), error), isEmpty: false };
}

function asFolder(item: DriveItem, error: Error): DriveItem {
  return item.kind === 'folder' ? item : throwIt(error);
}

function throwIt(error: unknown): never {
  throw error;
}

/** Absent times stay as they are. */
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

/**
 * Renames, moves, or sets times, all in one request (Graph docs, "Update a DriveItem"). When the answer does not tell
 * whether it was done, the item is reread.
 */
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
  let failure = new GraphError('protocol', 'Graph acknowledged a change that it does not show');
  try {
    const path = itemPath(place);
    const { json } = await call({ method: 'PATCH', path, body, success: [200, 204], isKnown: true, signal });
    if (json !== undefined) {
      return normalizeItem(json as WireItem);
    }
  } catch (error) {
    failure = mayBeDone(error) ? error : throwIt(error);
  }
  const item = await getItem(call, place, signal, { isKnown: true }).catch(() => throwIt(failure));
  return hasChange(item, change) ? item : throwIt(failure);
}

function hasChange(item: DriveItem, { name, parentId, times = {} }: ItemChange): boolean {
  const isAt = (wanted: Date | undefined, now: Date) => wanted === undefined || renderTime(wanted) === renderTime(now);
  return (
    (name === undefined || item.name === name) &&
    (parentId === undefined || item.parentId === parentId) &&
    isAt(times.created, item.created) &&
    isAt(times.modified, item.modified)
  );
}

/**
 * Moves an item with everything in it to the recycle bin (Graph docs, "Delete a DriveItem"). If the answer is lost and
 * the item is gone, the call has succeeded.
 */
export async function deleteItem(call: CallGraph, place: ItemPlace, signal: AbortSignal): Promise<void> {
  try {
    await call({ method: 'DELETE', path: itemPath(place), success: [204], isKnown: true, signal });
  } catch (error) {
    if (!mayBeDone(error) || !(isItemAbsent(error) || (await isGone(call, place, signal)))) {
      throw error;
    }
  }
}

async function isGone(call: CallGraph, place: ItemPlace, signal: AbortSignal): Promise<boolean> {
  return getItem(call, place, signal, { isKnown: true }).then(() => false, isItemAbsent);
}

/** Returns the `fileSystemInfo` of a request; Graph keeps whole seconds. */
export function renderTimes({ created, modified }: ItemTimes): Record<string, string> {
  return {
    ...(created === undefined ? {} : { createdDateTime: renderTime(created) }),
    ...(modified === undefined ? {} : { lastModifiedDateTime: renderTime(modified) }),
  };
}

function renderTime(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}
