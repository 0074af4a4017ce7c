import { existing, type ItemAddress } from '../address.ts';
import type { ConflictBehavior, DriveState, Item } from '../drive.ts';
import { renderItem, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply, readJson } from '../exchange.ts';
import { readFileSystemInfo } from '../file-system-info.ts';
import { GraphFault } from '../graph-error.ts';
import { checkIfMatch } from '../if-match.ts';

/** `PATCH …/items/{id}` (Graph docs, "Update a DriveItem", "Move a DriveItem"): name, parent and client times. */
export async function driveitemUpdate(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const { drive } = address.library;
  const body = await readJson(exchange.request);
  const item = existing(address);
  if (item.parentId === undefined) {
    throw new GraphFault('accessDenied', 'The root cannot be changed.');
  }
  checkIfMatch(exchange, item, world.settings.ifMatchStatus);
  const relocates = body.name !== undefined || body.parentReference !== undefined;
  if (relocates) {
    const given = body['@microsoft.graph.conflictBehavior'];
    world.strict.checkConflictBehavior(given, 'driveItem-update');
    const parent = findParent(drive, item, body.parentReference);
    const name = typeof body.name === 'string' ? body.name : item.name;
    const place = drive.place(parent, name, {
      isFolder: item.children !== undefined,
      conflict: (given ?? 'fail') as ConflictBehavior,
      self: item,
    });
    drive.relocate(item, parent, place);
  }
  applyTimes(drive, item, { times: body.fileSystemInfo, relocates, at: now(exchange) });
  item.etagVersion += 1;
  item.modified = now(exchange);
  return {
    status: 200,
    json: withContext(exchange, renderItem(world, address.library, item), `drives('${drive.id}')/items/$entity`),
  };
}

function findParent(drive: DriveState, item: Item, reference: unknown): Item {
  if (reference === undefined) {
    return drive.get(item.parentId!);
  }
  const { id, driveId } = reference as { id?: string; driveId?: string };
  if (driveId !== undefined && driveId !== drive.id) {
    throw new GraphFault('invalidRequest', 'Items cannot be moved between drives.');
  }
  if (id === undefined || id === 'root') {
    // The alias works in URLs only.
    throw new GraphFault('invalidRequest', 'The parentReference needs the id of a folder.');
  }
  const parent = drive.get(id);
  if (drive.isInside(parent, item)) {
    throw new GraphFault('invalidRequest', 'A folder cannot be moved into itself.');
  }
  return parent;
}

function applyTimes(
  drive: DriveState,
  item: Item,
  { times, relocates, at }: { times: unknown; relocates: boolean; at: number },
): void {
  const info = readFileSystemInfo(times);
  if (relocates) {
    // A move without fileSystemInfo resets the client's time (rclone, "onedrive: Move").
    item.fsModified = info?.modified ?? at;
    item.fsCreated = info?.created ?? item.fsCreated;
  } else if (info !== undefined) {
    drive.setFileSystemInfo(item, info, at);
  }
}
