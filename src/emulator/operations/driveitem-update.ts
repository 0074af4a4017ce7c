import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import { readConflictBehavior } from '../conflict-behavior.ts';
import type { DriveState, FileSystemInfo } from '../drive.ts';
import type { Item } from '../drive-reader.ts';
import { itemReply } from '../driveitem.ts';
import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { readFileSystemInfo } from '../file-system-info.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { checkIfMatch } from '../if-match.ts';
import { type ParentReference, readParentReference, referencedFolder } from '../parent-reference.ts';

/** `PATCH …/items/{id}` (Graph docs, "Update a DriveItem", "Move a DriveItem"): name, parent and client times. */
export async function driveitemUpdate(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const { drive } = address.library;
  const body = await readJson(exchange.request);
  const item = existing(address);
  if (item.parent === null) {
    throw new GraphFault('accessDenied', 'The root cannot be changed.');
  }
  checkIfMatch(exchange, item, world.settings.ifMatchStatus);
  refuseHeld(item, actOf(exchange, address.caller));
  const reference = readParentReference(body.parentReference);
  const name = readName(body.name);
  const info = readFileSystemInfo(body.fileSystemInfo);
  const changed =
    name === undefined && reference === undefined
      ? touchTimes(exchange, address, { item, info })
      : relocate(exchange, address, { item, info, body, parent: findParent(drive, item, reference), name });
  return itemReply(exchange, address.library, changed, 200);
}

function touchTimes(
  exchange: Exchange,
  { library: { drive }, caller }: ItemAddress,
  { item, info }: { item: Item; info: FileSystemInfo | undefined },
): Item {
  const act = actOf(exchange, caller);
  return info === undefined ? drive.touch(item, {}, act) : drive.setFileSystemInfo(item, info, act);
}

interface Relocation {
  readonly item: Item;
  readonly info: FileSystemInfo | undefined;
  readonly body: Record<string, unknown>;
  readonly parent: Item;
  readonly name: string | undefined;
}

function relocate(
  exchange: Exchange,
  { library: { drive }, caller }: ItemAddress,
  { item, info, body, parent, name = item.name }: Relocation,
): Item {
  const conflict = readConflictBehavior(exchange, body, { operation: 'driveItem-update', byDefault: 'fail' });
  const place = drive.place(parent, name, { isFolder: item.kind === 'folder', conflict, self: item });
  refuseHeld(place.taken, actOf(exchange, caller));
  // A move without fileSystemInfo resets the client's time (rclone, "onedrive: Move").
  return drive.relocate(item, parent, place, { ...actOf(exchange, caller), info: info ?? {} });
}

function readName(name: unknown): string | undefined {
  if (name !== undefined && typeof name !== 'string') {
    throw new GraphFault('invalidRequest', 'The name must be a string.');
  }
  return name;
}

function findParent(drive: DriveState, item: Item, reference: ParentReference | undefined): Item {
  if (reference === undefined) {
    return drive.parentOf(item)!;
  }
  if (reference.driveId !== undefined && reference.driveId !== drive.id) {
    throw new GraphFault('invalidRequest', 'Items cannot be moved between drives.');
  }
  if (reference.id === 'root') {
    // The alias works in URLs only.
    throw new GraphFault('invalidRequest', 'The parentReference needs the id of a folder.');
  }
  const parent = referencedFolder(drive, reference);
  if (parent === undefined) {
    throw new GraphFault('invalidRequest', 'The parentReference needs the id or the path of a folder.');
  }
  if (drive.isInside(parent, item)) {
    throw new GraphFault('invalidRequest', 'A folder cannot be moved into itself.');
  }
  return parent;
}
