import type { CallGraph } from './client.ts';
import { compactItem, plainItem } from './drive-item.ts';
import { GraphError, isGraphError } from './errors.ts';
import { ITEM_SELECT, WITH_SHORTCUTS } from './items.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import type { WireItem, WirePage } from './types.ts';
import { itemPath } from './urls.ts';

const PAGE_SIZE = 1000;

/** One line of a drive's feed. The last line of an item counts; lines come in no order. */
export interface DriveChange {
  readonly id: string;
  readonly kind: 'file' | 'folder';
  readonly isRoot: boolean;
  /** Undefined where Graph leaves it out. */
  readonly parentId: string | undefined;
  /** Without a cTag, as the feed leaves it out for OneDrive for Business. Undefined: the item is gone. */
  readonly item: DriveItem | undefined;
}

export interface DeltaPage {
  readonly changes: readonly DriveChange[];
  /** Where to go on. */
  readonly link: string;
  /** The link is for changes to come; the changes until now are complete. */
  readonly isLast: boolean;
}

/** The first link of a feed that gives the changes from now on (Graph docs, "driveItem: delta", `token=latest`). */
export async function latestDelta(call: CallGraph, driveId: string, signal: AbortSignal): Promise<string> {
  const query = `token=latest&$top=${PAGE_SIZE}&$select=${ITEM_SELECT},deleted`;
  const { link } = await readDelta(call, `${itemPath({ driveId }, 'delta')}?${query}`, signal);
  return link;
}

/**
 * One page of a feed; `link` is one that Graph has given, used to the letter (Graph docs, "driveItem: delta"). Folders
 * above what has changed are left out unless the page is to have them (`withFolders`).
 */
export async function readDelta(
  call: CallGraph,
  link: string,
  signal: AbortSignal,
  { withFolders = false }: { readonly withFolders?: boolean } = {},
): Promise<DeltaPage> {
  const headers: Record<string, string> = withFolders ? {} : { deltaExcludeParent: 'true' };
  const { json } = await call({ method: 'GET', path: link, prefer: WITH_SHORTCUTS, headers, isKnown: true, signal });
  const page = json as (WirePage<WireItem> & { readonly '@odata.deltaLink'?: string }) | undefined;
  const next = page?.['@odata.nextLink'];
  const last = page?.['@odata.deltaLink'];
  if (!Array.isArray(page?.value) || (next ?? last) === undefined) {
    throw new GraphError('protocol', 'Graph answered a feed of changes without its value or its link');
  }
  return { changes: page.value.map(readChange), link: (next ?? last)!, isLast: next === undefined };
}

/** Returns changes as a text, for `unpackChanges` of this release or a later one. */
export function packChanges(changes: readonly DriveChange[]): string {
  return JSON.stringify(changes.map(change => ({ ...change, item: change.item && plainItem(change.item) })));
}

export function unpackChanges(text: string): DriveChange[] {
  return (JSON.parse(text) as DriveChange[]).map(({ id, kind, isRoot, parentId, item }) => ({
    ...{ id, kind, isRoot, parentId },
    item: item && compactItem({ ...item, created: new Date(item.created), modified: new Date(item.modified) }),
  }));
}

function readChange(wire: WireItem): DriveChange {
  const item = normalizeItem(wire);
  const { id, kind, parentId } = item;
  return { id, kind, isRoot: wire.root !== undefined, parentId, item: wire.deleted === undefined ? item : undefined };
}

/**
 * Graph does not know one of its own links any more: the changes since then are lost (Graph docs, "driveItem: delta":
 * 410; others have been seen).
 */
export function isLinkLost(error: unknown): boolean {
  return isGraphError(error, 'answer') && ([400, 410].includes(error.status) || error.has(...RESYNC_CODES));
}

/** Corso takes each of these for "start over". */
const RESYNC_CODES = ['resyncRequired', 'syncStateNotFound', 'syncStateInvalid'];

/** The statuses of clouds and libraries that have no feed, or have none for this application. */
const UNSUPPORTED_STATUSES = [400, 403, 405, 501];

export function isDeltaUnsupported(error: unknown): boolean {
  return isGraphError(error, 'answer') && UNSUPPORTED_STATUSES.includes(error.status);
}
