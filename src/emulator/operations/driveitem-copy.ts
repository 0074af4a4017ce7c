import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import { readConflictBehavior } from '../conflict-behavior.ts';
import { type CopyRequest, copy } from '../copy.ts';
import { CopyJob } from '../copy-job.ts';
import type { Item } from '../drive-reader.ts';
import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { type ParentReference, readParentReference, referencedFolder } from '../parent-reference.ts';
import { checkPreAuthenticated, monitorUrl } from '../pre-authenticated.ts';
import type { Library } from '../site.ts';
import { authorize } from '../tokens.ts';

/** `POST …/copy` (Graph docs, "Copy a file or folder"): 202 and a monitor; a name clash shows only there. */
export async function driveitemCopy(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const body = await readJson(exchange.request);
  const source = existing(address);
  if (source.parent === null) {
    throw new GraphFault('invalidRequest', 'The root cannot be copied.');
  }
  const conflict = readConflictBehavior(exchange, body, { operation: 'driveItem-copy', byDefault: 'fail' });
  const reference = readParentReference(body.parentReference) ?? {};
  const { to, folder } = findTarget(exchange, address, { source, reference });
  const operation = world.settings.ids();
  const request: CopyRequest = {
    ...actOf(exchange, address.caller),
    ...{ from: address.library, to, source, folder, conflict },
    name: typeof body.name === 'string' ? body.name : source.name,
    childrenOnly: body.childrenOnly === true,
  };
  const job = new CopyJob(world.settings.copyPolls, async () => {
    await world.settings.timers.sleep(world.settings.copyDelayMs);
    return to.drive.idOf(await copy(world, request));
  });
  world.copies.set(operation, job);
  return { status: 202, headers: { location: monitorUrl(world, address.library, operation) } };
}

/** `GET` of a copy's monitor: needs no token, and must not receive one. */
export function copyMonitor(exchange: Exchange): Reply {
  const { item: operation } = checkPreAuthenticated(exchange, 'monitor');
  const job = exchange.world.copies.get(operation);
  if (job === undefined) {
    throw new GraphFault('itemNotFound', 'The operation could not be found.');
  }
  const outcome = job.poll();
  if (outcome === undefined) {
    return { status: 202, json: { percentageComplete: 27.8, status: 'inProgress' } };
  }
  if ('error' in outcome) {
    return { status: 200, json: { status: 'failed', error: outcome.error } };
  }
  return { status: 200, json: { status: 'completed', percentageComplete: 100, resourceId: outcome.resourceId } };
}

function findTarget(
  exchange: Exchange,
  { library, caller }: ItemAddress,
  { source, reference }: { source: Item; reference: ParentReference },
): { to: Library; folder: Item } {
  const { driveId } = reference;
  const to = driveId === undefined ? library : caller.tenant.findLibrary(driveId);
  if (to === undefined) {
    throw new GraphFault('itemNotFound', 'Failed to verify the existence of destination location');
  }
  authorize(exchange, 'writeFiles', to.site);
  return { to, folder: referencedFolder(to.drive, reference) ?? library.drive.parentOf(source)! };
}
