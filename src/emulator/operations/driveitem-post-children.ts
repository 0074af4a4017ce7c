import { existing, type ItemAddress } from '../address.ts';
import type { ConflictBehavior } from '../drive.ts';
import { renderItem, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';

/** `POST …/children` (Graph docs, "Create a new folder in a drive"); by default fails when the name is taken. */
export async function driveitemPostChildren(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world, url } = exchange;
  const body = await readJson(exchange.request);
  const parent = existing(address);
  const { drive } = address.library;
  if (typeof body.name !== 'string' || body.folder === undefined) {
    throw new GraphFault('invalidRequest', 'A name and a folder facet are required.');
  }
  const given =
    body['@microsoft.graph.conflictBehavior'] ?? url.searchParams.get('@microsoft.graph.conflictBehavior') ?? undefined;
  world.strict.checkConflictBehavior(given, 'driveItem-post-children');
  const place = drive.place(parent, body.name, { isFolder: true, conflict: (given ?? 'fail') as ConflictBehavior });
  // fileSystemInfo in the body is ignored on Business.
  const folder = drive.createFolder(parent, place.name, now(exchange), world.settings.ids());
  return {
    status: 201,
    json: withContext(exchange, renderItem(world, address.library, folder), `drives('${drive.id}')/items/$entity`),
  };
}
