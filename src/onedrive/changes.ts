import { randomUUID } from 'node:crypto';
import { DriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, formatPath, isWithin } from '../drive/path.ts';
import { copyItem } from '../graph/copies.ts';
import type { Graph } from '../graph/graph.ts';
import { deleteItem, getItem, updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Log } from '../lib/log.ts';

/** Tidying up goes on although the client has gone. */
const TIDY_TIMEOUT_MS = 60_000;

export interface Transfer {
  readonly driveId: string;
  readonly source: DriveItem;
  readonly parent: DriveItem;
  readonly name: string;
  /** What is at the target now, and is to be replaced. */
  readonly taken: DriveItem | null;
  readonly signal: AbortSignal;
}

export interface ChangeTools {
  readonly graph: Graph;
  readonly log: Log;
}

/** Refuses what no transfer may do: the root, an entry onto itself, into itself, or over a folder that holds it. */
export function checkTransferPaths(from: DrivePath, to: DrivePath): void {
  if (from.length === 0 || to.length === 0 || isWithin(to, from) || isWithin(from, to)) {
    throw new DriveError('forbidden', `cannot put ${formatPath(from)} at ${formatPath(to)}: one lies in the other`);
  }
}

/** True when the target differs from the source by the spelling of its last name only. */
export function isRespelling(from: DrivePath, to: DrivePath): boolean {
  return from.length > 0 && from.length === to.length && isWithin(to, from) && baseName(from) !== baseName(to);
}

/** Moves an item in one request. A file over a file is replaced by Graph in the same step; otherwise the old target is set aside first. */
export async function moveItem(tools: ChangeTools, transfer: Transfer): Promise<DriveItem> {
  const { driveId, source, parent, name, taken, signal } = transfer;
  const move = (conflict: 'fail' | 'replace') => {
    // Without its times a moved item loses the client's.
    const times = { created: source.created, modified: source.modified };
    return updateItem(
      tools.graph.call,
      { driveId, id: source.id },
      { name, parentId: parent.id, times, conflict },
      signal,
    );
  };
  if (taken === null || (taken.kind === 'file' && source.kind === 'file')) {
    return move(taken === null ? 'fail' : 'replace');
  }
  return withTargetAside(tools, transfer, taken, () => move('fail'));
}

/** Copies an item inside Microsoft's cloud. Graph replaces files only, and forgets their versions; so the old target is set aside first. */
export async function copyItemTo(tools: ChangeTools, transfer: Transfer): Promise<DriveItem> {
  const { driveId, source, parent, name, taken, signal } = transfer;
  const copy = async () => {
    const target = { driveId, parentId: parent.id, name, conflict: 'fail' } as const;
    const id = await copyItem(tools.graph, { driveId, id: source.id }, target, signal);
    return getItem(
      tools.graph.call,
      id === undefined ? { driveId, id: parent.id, names: [name] } : { driveId, id },
      signal,
    );
  };
  return taken === null ? copy() : withTargetAside(tools, transfer, taken, copy);
}

/** Renames the old target, does `act`, and deletes the old target; when `act` fails it gets its name back. */
export async function withTargetAside<T>(
  tools: ChangeTools,
  transfer: Pick<Transfer, 'driveId' | 'signal'>,
  taken: DriveItem,
  act: () => Promise<T>,
): Promise<T> {
  const { driveId, signal } = transfer;
  const place = { driveId, id: taken.id };
  const times = { created: taken.created, modified: taken.modified };
  await updateItem(tools.graph.call, place, { name: `.replaced-${randomUUID()}`, times, conflict: 'fail' }, signal);
  let result: T;
  try {
    result = await act();
  } catch (error) {
    await tidy(tools, taken, 'give a set-aside item its name back', tidySignal =>
      updateItem(tools.graph.call, place, { name: taken.name, times, conflict: 'fail' }, tidySignal),
    );
    throw error;
  }
  await tidy(tools, taken, 'delete a replaced item', tidySignal => deleteItem(tools.graph.call, place, tidySignal));
  return result;
}

async function tidy(
  tools: ChangeTools,
  item: DriveItem,
  what: string,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  try {
    await run(AbortSignal.timeout(TIDY_TIMEOUT_MS));
  } catch (error) {
    tools.log.error(
      { err: error, name: item.name, id: item.id },
      `could not ${what}; look for ".replaced-…" beside it`,
    );
  }
}
