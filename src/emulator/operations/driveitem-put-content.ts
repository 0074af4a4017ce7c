import { actOf } from '../act.ts';
import type { ItemAddress } from '../address.ts';
import { checkOutNew } from '../check-out.ts';
import { readConflictBehavior } from '../conflict-behavior.ts';
import type { DriveState } from '../drive.ts';
import { type ConflictBehavior, type Item, notFound, type Place } from '../drive-reader.ts';
import { itemReply } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { refuseHeld } from '../held.ts';
import { checkIfMatch } from '../if-match.ts';

/** `PUT …/content` (Graph docs): creates, or replaces the content of, a file; by default replaces. */
export async function driveitemPutContent(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world, request } = exchange;
  const { drive } = address.library;
  const { simplePutLimit } = world.settings;
  const target = findTarget(address);
  const conflict: ConflictBehavior =
    target.name === undefined
      ? 'replace'
      : readConflictBehavior(exchange, {}, { operation: 'driveItem-put-content', byDefault: 'replace' });
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared > simplePutLimit) {
    throw new GraphFault('requestEntityTooLarge', 'The request message is too big.');
  }
  const settle = () => settlePlace(exchange, address, { target, conflict });
  settle();
  drive.checkQuota(declared);
  const blob = await world.blobs.store(request, simplePutLimit);
  // Again: another request may have taken the name, or removed the folder, while the bytes came.
  const { parent, place } = settle();
  const content = { ...actOf(exchange, address.caller), blob, guid: world.settings.ids() };
  const isNew = place.taken === undefined;
  const item = checkOutNew(address.library, drive.putContent(parent, place, content), { ...content, isNew });
  world.office.written(address.library, item);
  return itemReply(exchange, address.library, item, isNew ? 201 : 200);
}

interface Target {
  /** The lowest existing folder. */
  readonly folder: Item;
  /** Missing folders of the path. */
  readonly missing: readonly string[];
  /** Undefined when the URL names the file itself by id. */
  readonly name: string | undefined;
  readonly item: Item | undefined;
}

function findTarget({ library: { drive }, base, names }: ItemAddress): Target {
  if (names === undefined || names.length === 0) {
    if (base.kind !== 'file') {
      throw new GraphFault('invalidRequest', 'The item is not a file.');
    }
    return { folder: drive.parentOf(base)!, missing: [], name: undefined, item: base };
  }
  let folder = base;
  for (const [index, name] of names.slice(0, -1).entries()) {
    const next = drive.child(folder, name);
    if (next === undefined) {
      return { folder, missing: names.slice(index, -1), name: names.at(-1)!, item: undefined };
    }
    if (next.kind !== 'folder') {
      throw notFound();
    }
    folder = next;
  }
  return { folder, missing: [], name: names.at(-1)!, item: undefined };
}

/** Returns the current place of the content, after checking all conditions; creates missing folders. */
function settlePlace(
  exchange: Exchange,
  address: ItemAddress,
  { target, conflict }: { target: Target; conflict: ConflictBehavior },
): { parent: Item; place: Place } {
  const { name, item, missing } = target;
  const { library, caller } = address;
  const { drive } = library;
  const folder = drive.fresh(target.folder);
  if (folder === undefined) {
    throw notFound();
  }
  if (item !== undefined) {
    const taken = drive.fresh(item);
    if (taken === undefined) {
      throw notFound();
    }
    return { parent: folder, place: checked(exchange, address, { name: taken.name, taken }) };
  }
  const parent = makeFolders(drive, folder, missing, { ...actOf(exchange, caller), ids: exchange.world.settings.ids });
  return { parent, place: checked(exchange, address, drive.place(parent, name!, { isFolder: false, conflict })) };
}

function checked(exchange: Exchange, { library, caller }: ItemAddress, place: Place): Place {
  checkIfMatch(exchange, place.taken, 412);
  const content = { library, settings: exchange.world.settings };
  refuseHeld(place.taken, { by: actOf(exchange, caller).by, content });
  return place;
}

/** Creates the missing folders of a path, as the service does. */
function makeFolders(
  drive: DriveState,
  base: Item,
  names: readonly string[],
  { ids, ...act }: ReturnType<typeof actOf> & { ids: () => string },
): Item {
  return names.reduce(
    (folder, name) =>
      drive.child(folder, name) ??
      drive.createFolder(folder, drive.place(folder, name, { isFolder: true, conflict: 'fail' }).name, {
        ...act,
        guid: ids(),
      }),
    base,
  );
}
