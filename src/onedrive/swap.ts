import { randomUUID } from 'node:crypto';
import { DriveError } from '../drive/errors.ts';
import { GraphError, isItemAbsent, isNameTaken } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { deleteItem, getItem, updateItem } from '../graph/items.ts';
import type { DriveItem } from '../graph/normalize.ts';
import type { Intents, KeptTimes, Plan } from './intents.ts';

export interface SwapTools {
  readonly graph: Graph;
  readonly intents: Intents;
}

export interface Swap {
  readonly driveId: string;
  readonly parentId: string;
  readonly name: string;
  /** The item that is at the place now. */
  readonly taken: DriveItem;
  /** The item that replaces it. */
  readonly incoming: DriveItem;
  readonly signal: AbortSignal;
}

type SwapPlan = Extract<Plan, { kind: 'swap' }>;

/** Returns a temporary name; it is visible only during a swap. */
export function asideName(): string {
  return `.replaced-${randomUUID()}`;
}

export function scratchName(): string {
  return `.incoming-${randomUUID()}`;
}

/**
 * Replaces an item with a complete one where Graph has no single call for it: Graph does not replace folders. The plan
 * is recorded first; after any failure, even a crash, the swap is undone or finished according to what Graph then
 * shows.
 */
export async function swapIn(tools: SwapTools, swap: Swap): Promise<DriveItem> {
  const { driveId, parentId, name, taken, incoming, signal } = swap;
  const plan: SwapPlan = {
    kind: 'swap',
    driveId,
    parentId,
    name,
    takenId: taken.id,
    takenTimes: keptTimesOf(taken),
    aside: asideName(),
    incomingId: incoming.id,
  };
  const id = await tools.intents.begin(plan);
  try {
    await renameTaken(tools, plan, plan.aside, signal);
    const times = { created: incoming.created, modified: incoming.modified };
    const change = { name, parentId, times, conflict: 'fail' } as const;
    const item = await updateItem(tools.graph.call, { driveId, id: incoming.id }, change, signal);
    await removeAside(tools, { id, plan });
    return item;
  } catch (error) {
    const outcome = await settleNow(tools, { id, plan });
    if (outcome === undefined || outcome === 'undone') {
      throw error;
    }
    return outcome;
  }
}

/** Removes the replaced item, now or later; the swap is done in either case. */
async function removeAside({ graph, intents }: SwapTools, { id, plan }: { id: string; plan: SwapPlan }): Promise<void> {
  const place = { driveId: plan.driveId, id: plan.takenId };
  const isRemoved = await intents.tidy('remove a replaced item', async signal => {
    await deleteItem(graph.call, place, signal);
    return true;
  });
  if (isRemoved === true) {
    await intents.end(id);
  } else {
    intents.leave(id);
  }
}

async function settleNow(
  tools: SwapTools,
  { id, plan }: { id: string; plan: SwapPlan },
): Promise<DriveItem | 'undone' | undefined> {
  const outcome = await tools.intents.tidy('repair a replaced item', signal => settleSwap(tools, plan, signal));
  if (outcome === undefined) {
    tools.intents.leave(id);
  } else {
    await tools.intents.end(id);
  }
  return outcome;
}

/**
 * Finishes a swap whose item has arrived, and undoes any other; may be called repeatedly. Returns the item that has
 * arrived, or `undone`. Throws GraphError when it cannot find out or finish now.
 */
export async function settleSwap(
  tools: Pick<SwapTools, 'graph'>,
  plan: SwapPlan,
  signal: AbortSignal,
): Promise<DriveItem | 'undone'> {
  const { driveId, parentId, name, takenId, incomingId, aside } = plan;
  const incoming = await findItem(tools, { driveId, id: incomingId }, signal);
  const taken = await findItem(tools, { driveId, id: takenId }, signal);
  const isAside = taken?.name === aside;
  if (incoming !== undefined && incoming.parentId === parentId && incoming.name === name) {
    if (isAside) {
      await deleteItem(tools.graph.call, { driveId, id: takenId }, signal);
    }
    return incoming;
  }
  if (isAside) {
    await putBack(tools, plan, signal);
  }
  return 'undone';
}

/**
 * Gives the item its name back, or a similar one when somebody has taken the name meanwhile, so that nothing is lost.
 */
async function putBack(tools: Pick<SwapTools, 'graph'>, plan: SwapPlan, signal: AbortSignal): Promise<void> {
  try {
    await renameTaken(tools, plan, plan.name, signal);
  } catch (error) {
    if (!(error instanceof GraphError && isNameTaken(error))) {
      throw error;
    }
    await renameTaken(tools, plan, keptName(plan), signal);
  }
}

/** `report.docx` becomes `report (kept 1a2b3c).docx`. */
function keptName({ name, aside }: SwapPlan): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  return `${stem} (kept ${aside.slice(-6)})${ending}`;
}

async function renameTaken(
  { graph }: Pick<SwapTools, 'graph'>,
  { driveId, takenId, takenTimes }: SwapPlan,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  // Without its times a renamed item loses the client's.
  const times = { created: new Date(takenTimes.created), modified: new Date(takenTimes.modified) };
  await updateItem(graph.call, { driveId, id: takenId }, { name, times, conflict: 'fail' }, signal);
}

function keptTimesOf({ created, modified }: DriveItem): KeptTimes {
  return { created: created.toISOString(), modified: modified.toISOString() };
}

async function findItem(
  { graph }: Pick<SwapTools, 'graph'>,
  place: { driveId: string; id: string },
  signal: AbortSignal,
): Promise<DriveItem | undefined> {
  return getItem(graph.call, place, signal, { isKnown: true }).catch((error: unknown) => {
    if (isItemAbsent(error)) {
      return undefined;
    }
    throw error;
  });
}

type ScratchPlan = Extract<Plan, { kind: 'scratch' }>;

/** Removes the item with the temporary name. Returns true when it can no longer appear. */
export async function settleScratch(
  { graph }: Pick<SwapTools, 'graph'>,
  { driveId, parentId, name, mayAppearUntil }: ScratchPlan,
  signal: AbortSignal,
): Promise<boolean> {
  const place = { driveId, id: parentId, names: [name] };
  try {
    const { id, name: found } = await getItem(graph.call, place, signal, { isKnown: true });
    if (found !== name) {
      throw new DriveError('upstream', `looked for "${name}" and got another item`);
    }
    await deleteItem(graph.call, { driveId, id }, signal);
  } catch (error) {
    if (!isItemAbsent(error)) {
      throw error;
    }
  }
  return graph.clock.now() >= mayAppearUntil;
}
