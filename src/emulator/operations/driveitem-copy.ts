import { existing, type ItemAddress } from '../address.ts';
import type { ConflictBehavior, DriveState, Item } from '../drive.ts';
import { type Exchange, now, type Reply, readJson, type World } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { checkPreAuthenticated, monitorUrl } from '../pre-authenticated.ts';
import type { Library } from '../site.ts';
import { authenticate, authorize } from '../tokens.ts';

const MAX_ITEMS = 30_000;

/** `POST …/copy` (Graph docs, "Copy a file or folder"): 202 and a monitor; a name clash shows only there. */
export async function driveitemCopy(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world, url } = exchange;
  const body = await readJson(exchange.request);
  const source = existing(address);
  if (source.parentId === undefined) {
    throw new GraphFault('invalidRequest', 'The root cannot be copied.');
  }
  const given =
    url.searchParams.get('@microsoft.graph.conflictBehavior') ?? body['@microsoft.graph.conflictBehavior'] ?? undefined;
  world.strict.checkConflictBehavior(given, 'driveItem-copy');
  const target = findTarget(exchange, address.library, source, body.parentReference);
  const name = typeof body.name === 'string' ? body.name : source.name;
  const conflict = (given ?? 'fail') as ConflictBehavior;
  const operation = world.settings.ids();
  world.copies.set(operation, {
    pollsLeft: world.settings.copyPolls,
    outcome: undefined,
    finish: async () => {
      const place = target.drive.place(target.folder, name, { isFolder: source.children !== undefined, conflict });
      return (
        await copyTree(world, {
          from: address.library.drive,
          to: target.drive,
          source,
          parent: target.folder,
          place,
          at: now(exchange),
        })
      ).id;
    },
  });
  return { status: 202, headers: { location: monitorUrl(world, address.library, operation) } };
}

/** `GET` of a copy's monitor: needs no token, and must not get one. */
export async function copyMonitor(exchange: Exchange): Promise<Reply> {
  const { item: operation } = checkPreAuthenticated(exchange, 'monitor');
  const job = exchange.world.copies.get(operation);
  if (job === undefined) {
    throw new GraphFault('itemNotFound', 'The operation could not be found.');
  }
  if (job.pollsLeft > 0) {
    job.pollsLeft -= 1;
    return { status: 202, json: { percentageComplete: 27.8, status: 'inProgress' } };
  }
  job.outcome ??= await job.finish().then(
    resourceId => ({ resourceId }),
    (error: GraphFault) => ({ error: { code: error.code ?? 'generalException', message: error.message } }),
  );
  if ('error' in job.outcome) {
    return { status: 200, json: { status: 'failed', error: job.outcome.error } };
  }
  return { status: 200, json: { status: 'completed', percentageComplete: 100, resourceId: job.outcome.resourceId } };
}

function findTarget(
  exchange: Exchange,
  from: Library,
  source: Item,
  reference: unknown,
): { drive: DriveState; folder: Item } {
  const { driveId, id } = (reference ?? {}) as { driveId?: string; id?: string };
  const library = driveId === undefined ? from : authenticate(exchange).tenant.findLibrary(driveId);
  if (library === undefined) {
    throw new GraphFault('itemNotFound', 'Failed to verify the existence of destination location');
  }
  authorize(exchange, 'writeFiles', library.site);
  return { drive: library.drive, folder: library.drive.get(id ?? source.parentId!) };
}

interface CopyStep {
  readonly from: DriveState;
  readonly to: DriveState;
  readonly source: Item;
  readonly parent: Item;
  readonly place: { name: string; taken: Item | undefined };
  readonly at: number;
}

/** Names, contents and structure go along; client times do not. */
async function copyTree(world: World, step: CopyStep): Promise<Item> {
  const { from, to, source, parent, place, at } = step;
  if (source.blob !== undefined) {
    const blob = await world.blobs.copy(source.blob);
    return to.putContent(parent, place, { blob, mimeType: source.mimeType, now: at, guid: world.settings.ids() });
  }
  if (from.items.size > MAX_ITEMS) {
    throw new GraphFault('invalidRequest', 'Too many items.', { innerCode: 'maxItemCountExceeded' });
  }
  // Listed before the copy exists, so that a copy into the folder itself ends.
  const members = [...source.children!.values()].map(id => from.items.get(id)!);
  const folder = to.createFolder(parent, place.name, at, world.settings.ids());
  for (const member of members) {
    await copyTree(world, { ...step, source: member, parent: folder, place: { name: member.name, taken: undefined } });
  }
  return folder;
}
