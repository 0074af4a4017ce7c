import type { Act, DriveState } from './drive.ts';
import type { ConflictBehavior, Item, Place } from './drive-reader.ts';
import type { World } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { Library } from './site.ts';

/** The maximum number of items in a copy (Graph docs, "Copy a file or folder"). */
const MAX_ITEMS = 30_000;

export interface CopyRequest extends Act {
  readonly from: Library;
  readonly to: Library;
  readonly source: Item;
  readonly folder: Item;
  readonly name: string;
  readonly conflict: ConflictBehavior;
  /** Copy the folder's contents, not the folder itself. */
  readonly childrenOnly: boolean;
}

/** Carries the copy out against the current state of the drive; returns the new item. */
export async function copy(world: World, request: CopyRequest): Promise<Item> {
  const { from, to, name, conflict, childrenOnly } = request;
  const source = from.drive.fresh(request.source);
  const folder = to.drive.fresh(request.folder);
  if (source === undefined || folder === undefined) {
    throw new GraphFault('itemNotFound', 'Failed to verify the existence of destination location');
  }
  if (from.drive.store.countTree(source.key, MAX_ITEMS + 1) > MAX_ITEMS) {
    throw new GraphFault('invalidRequest', 'Too many items.', { innerCode: 'maxItemCountExceeded' });
  }
  if (childrenOnly) {
    for (const member of membersOf(from.drive, source)) {
      const place = to.drive.place(folder, member.name, { isFolder: member.kind === 'folder', conflict });
      await copyTree(world, request, { source: member, parent: folder, place });
    }
    return folder;
  }
  const place = to.drive.place(folder, name, { isFolder: source.kind === 'folder', conflict });
  return copyTree(world, request, { source, parent: folder, place });
}

/** Copies names, contents and structure, but no client times (rclone, "onedrive: Copy"). */
async function copyTree(
  world: World,
  request: CopyRequest,
  { source, parent, place }: { source: Item; parent: Item; place: Place },
): Promise<Item> {
  const { to, from, by } = request;
  const act = { now: world.settings.clock.now(), by, guid: world.settings.ids() };
  if (source.blob !== null) {
    const kept = { name: source.blob, size: source.size, quickXorHash: source.hash! };
    return to.drive.putContent(parent, place, { ...act, blob: await world.blobs.copy(kept) });
  }
  if (source.kind === 'file' || source.kind === 'remoteItem') {
    throw new GraphFault('notAllowed', 'The item has no content that could be copied.');
  }
  // Listed before the copy exists, so that a copy into the folder itself ends.
  const members = membersOf(from.drive, source);
  const folder =
    source.kind === 'folder'
      ? to.drive.createFolder(parent, place.name, act)
      : to.drive.plant(parent, { ...act, name: place.name, kind: source.kind, facets: source.facets }, act);
  for (const member of members) {
    await copyTree(world, request, { source: member, parent: folder, place: { name: member.name, taken: undefined } });
  }
  return folder;
}

function membersOf({ store }: DriveState, folder: Item): Item[] {
  return store.childrenAfter(folder.key, '', MAX_ITEMS);
}
