import type { TransferOptions } from '../drive/drive.ts';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, formatPath, isWithin } from '../drive/path.ts';
import { copyItem, MAX_COPY_MS } from '../graph/copies.ts';
import type { Graph } from '../graph/graph.ts';
import { createFolder, getItem, updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { explainClash } from './expectations.ts';
import { fromGraphError } from './from-graph-error.ts';
import type { Intents, Plan } from './intents.ts';
import { scratchName, settleScratch, swapIn } from './swap.ts';

export interface Transfer {
  readonly driveId: string;
  readonly source: DriveItem;
  readonly parent: DriveItem;
  readonly name: string;
  /** The item that is at the target now and will be replaced. */
  readonly taken: DriveItem | null;
  readonly signal: AbortSignal;
}

export interface ChangeTools {
  readonly graph: Graph;
  readonly intents: Intents;
}

/**
 * Refuses impossible transfers: of the root, or of an entry onto itself, into itself, or over a folder that holds it.
 */
export function checkTransferPaths(from: DrivePath, to: DrivePath): void {
  if (from.length === 0 || to.length === 0 || isWithin(to, from) || isWithin(from, to)) {
    throw new DriveError('forbidden', `cannot put ${formatPath(from)} at ${formatPath(to)}: one lies in the other`);
  }
}

/** Returns true when only the spelling of the last name differs between source and target. */
export function isRespelling(from: DrivePath, to: DrivePath): boolean {
  return from.length > 0 && from.length === to.length && isWithin(to, from) && baseName(from) !== baseName(to);
}

/**
 * Moves an item in one request. When both are files, Graph replaces the target in the same step; otherwise the two are
 * swapped.
 */
export async function moveItem(tools: ChangeTools, transfer: Transfer): Promise<DriveItem> {
  const { driveId, source, parent, name, taken, signal } = transfer;
  if (taken !== null && !isReplacedByGraph(taken, source)) {
    return swapIn(tools, { driveId, parentId: parent.id, name, taken, incoming: source, signal });
  }
  // Without its times a moved item loses the client's.
  const times = { created: source.created, modified: source.modified };
  const change = { name, parentId: parent.id, times, conflict: taken === null ? 'fail' : 'replace' } as const;
  return updateItem(tools.graph.call, { driveId, id: source.id }, change, signal);
}

/** Returns true when a file replaces a file. A shortcut does not count as a file, whatever its target is. */
function isReplacedByGraph(taken: DriveItem, source: DriveItem): boolean {
  return [taken, source].every(({ kind, isShortcut }) => kind === 'file' && !isShortcut);
}

/**
 * Copies an item inside Microsoft's cloud. When both are files, Graph replaces the target in one step. Otherwise the
 * copy is made under a temporary name, and the existing item stays until the copy is complete.
 */
export async function copyItemTo(tools: ChangeTools, transfer: Transfer): Promise<DriveItem> {
  const { source, taken, name } = transfer;
  if (taken === null || isReplacedByGraph(taken, source)) {
    return copyNow(tools, transfer, { name, conflict: taken === null ? 'fail' : 'replace' });
  }
  return inScratch(tools, transfer, scratch => copyNow(tools, transfer, { name: scratch, conflict: 'fail' }));
}

/** Copies a folder without its members, replacing the existing item. */
export async function copyFolderAlone(tools: ChangeTools, transfer: Transfer): Promise<DriveItem> {
  const { driveId, parent, name, taken, signal } = transfer;
  const make = async (as: string) => {
    const place = { driveId, id: parent.id };
    return (await createFolder(tools.graph.call, place, { name: as, wasFree: true }, signal)).item;
  };
  return taken === null ? make(name) : inScratch(tools, transfer, make);
}

async function copyNow(
  { graph }: ChangeTools,
  { driveId, source, parent, signal }: Transfer,
  { name, conflict }: { name: string; conflict: 'fail' | 'replace' },
): Promise<DriveItem> {
  const target = { driveId, parentId: parent.id, name, conflict };
  const id = await copyItem(graph, { driveId, id: source.id }, target, signal);
  const place = id === undefined ? { driveId, id: parent.id, names: [name] } : { driveId, id };
  return getItem(graph.call, place, signal, { isKnown: true });
}

/** Lets `make` create an item under a temporary name, then swaps it with the item to be replaced. Removes leftovers. */
async function inScratch(
  tools: ChangeTools,
  transfer: Transfer,
  make: (name: string) => Promise<DriveItem>,
): Promise<DriveItem> {
  const { driveId, parent, name, signal } = transfer;
  const scratch = scratchName();
  const mayAppearUntil = tools.graph.clock.now() + MAX_COPY_MS;
  const plan = { kind: 'scratch', driveId, parentId: parent.id, name: scratch, mayAppearUntil } as const;
  const id = await tools.intents.begin(plan);
  try {
    const incoming = await make(scratch);
    const item = await swapIn(tools, { driveId, parentId: parent.id, name, taken: transfer.taken!, incoming, signal });
    await tools.intents.end(id);
    return item;
  } catch (error) {
    await removeScratch(tools, { id, plan });
    throw error;
  }
}

/**
 * Removes an unfinished copy. Microsoft may still be copying after the caller has gone; then the result is removed
 * later.
 */
async function removeScratch(
  tools: ChangeTools,
  { id, plan }: { id: string; plan: Plan & { kind: 'scratch' } },
): Promise<void> {
  const isOver = await tools.intents.tidy('remove an unfinished copy', signal => settleScratch(tools, plan, signal));
  if (isOver === true) {
    await tools.intents.end(id);
  } else {
    tools.intents.leave(id);
  }
}

/** Reports `exists` only to a caller that wants a free name. */
export async function replacing<T>({ overwrite }: TransferOptions, change: () => Promise<T>): Promise<T> {
  return change().catch((error: unknown) => {
    const translated = fromGraphError(error);
    throw overwrite ? explainClash(translated, 'any') : translated;
  });
}
