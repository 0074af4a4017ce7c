import type { ItemAddress } from '../address.ts';
import type { ConflictBehavior, DriveState, Item } from '../drive.ts';
import { notFound } from '../drive.ts';
import { renderItem, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { checkIfMatch } from '../if-match.ts';
import { mimeTypeOf } from '../mime-types.ts';

/** What one simple PUT may carry (Graph docs, "Upload small files": 250 MB). */
const MAX_BYTES = 250 * 1000 * 1000;

/** `PUT …/content` (Graph docs): creates, or replaces the content of, a file; by default replaces. */
export async function driveitemPutContent(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world, request, url } = exchange;
  const { drive } = address.library;
  const given = url.searchParams.get('@microsoft.graph.conflictBehavior') ?? undefined;
  const target = findTarget(address, now(exchange), world.settings.ids);
  if (target.name !== undefined) {
    world.strict.checkConflictBehavior(given, 'driveItem-put-content');
  }
  if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) {
    throw new GraphFault('requestEntityTooLarge', 'The request message is too big.');
  }
  const conflict = (given ?? 'replace') as ConflictBehavior;
  const placing = { isFolder: false, conflict };
  const place = () =>
    target.item ? { name: target.item.name, taken: target.item } : drive.place(target.parent, target.name!, placing);
  checkIfMatch(exchange, place().taken, 412);
  drive.checkQuota(Number(request.headers['content-length'] ?? 0));
  const blob = await world.blobs.store(request, MAX_BYTES);
  // Again: another request may have taken the name while the bytes came.
  const settled = place();
  checkIfMatch(exchange, settled.taken, 412);
  const guid = world.settings.ids();
  const item = drive.putContent(target.parent, settled, {
    blob,
    mimeType: mimeTypeOf(settled.name),
    now: now(exchange),
    guid,
  });
  return {
    status: settled.taken === undefined ? 201 : 200,
    json: withContext(exchange, renderItem(world, address.library, item), `drives('${drive.id}')/items/$entity`),
  };
}

interface Target {
  readonly parent: Item;
  readonly name: string | undefined;
  /** Set when the URL names the file itself by id. */
  readonly item: Item | undefined;
}

function findTarget({ library, base, names }: ItemAddress, at: number, ids: () => string): Target {
  const { drive } = library;
  if (names === undefined || names.length === 0) {
    if (base.blob === undefined) {
      throw new GraphFault('invalidRequest', 'The item is not a file.');
    }
    return { parent: drive.get(base.parentId!), name: undefined, item: base };
  }
  return { parent: makeParents(drive, base, names.slice(0, -1), { at, ids }), name: names.at(-1)!, item: undefined };
}

/** The service creates the folders that a path names and that are not there. */
function makeParents(
  drive: DriveState,
  base: Item,
  names: readonly string[],
  { at, ids }: { at: number; ids: () => string },
): Item {
  let folder = base;
  for (const name of names) {
    const next = drive.child(folder, name);
    if (next !== undefined && next.children === undefined) {
      throw notFound();
    }
    folder =
      next ??
      drive.createFolder(folder, drive.place(folder, name, { isFolder: true, conflict: 'fail' }).name, at, ids());
  }
  return folder;
}
