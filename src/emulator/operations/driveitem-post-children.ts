import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import { readConflictBehavior } from '../conflict-behavior.ts';
import { itemReply } from '../driveitem.ts';
import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';

/** `POST …/children` (Graph docs, "Create a new folder in a drive"); by default fails when the name is taken. */
export async function driveitemPostChildren(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const body = await readJson(exchange.request);
  const parent = existing(address);
  const { drive } = address.library;
  if (typeof body.name !== 'string' || typeof body.folder !== 'object' || body.folder === null) {
    throw new GraphFault('invalidRequest', 'A name and a folder facet are required.');
  }
  const operation = 'driveItem-post-children';
  const conflict = readConflictBehavior(exchange, body, { operation, byDefault: 'fail' });
  const place = drive.place(parent, body.name, { isFolder: true, conflict });
  // fileSystemInfo in the body is ignored on Business.
  const act = actOf(exchange, address.caller);
  const folder = drive.createFolder(parent, place.name, { ...act, guid: world.settings.ids() });
  return itemReply(exchange, address.library, folder, 201);
}
