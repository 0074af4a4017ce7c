import type { Clock } from '../lib/clock.ts';
import type { CallGraph } from './client.ts';
import type { CallContent } from './content-hosts.ts';
import { GraphError } from './errors.ts';
import type { ConflictBehavior } from './items.ts';
import { parseJson } from './receive.ts';
import type { WireMonitor } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

const FIRST_POLL_MS = 200;
const SLOWEST_POLL_MS = 3_000;
/** The client waits for the answer meanwhile; no client waits longer than this. */
export const MAX_COPY_MS = 15 * 60 * 1000;

export interface CopyTarget {
  readonly driveId: string;
  /** The real id of the folder; this call does not accept the alias "root". */
  readonly parentId: string;
  readonly name: string;
  readonly conflict: ConflictBehavior;
}

export interface CopyTools {
  readonly call: CallGraph;
  readonly callContent: CallContent;
  readonly clock: Clock;
}

/**
 * Copies an item with everything in it, and waits until Graph reports the end. Conflicts and other failures come from
 * the monitor, as GraphError with its code (Graph docs, "Copy a file or folder"; "Working with long running actions").
 * Returns the new item's id.
 */
export async function copyItem(
  tools: CopyTools,
  source: ItemPlace,
  target: CopyTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { driveId, parentId, name, conflict } = target;
  const { headers } = await tools.call({
    method: 'POST',
    path: `${itemPath(source, 'copy')}?@microsoft.graph.conflictBehavior=${conflict}`,
    body: { parentReference: { driveId, id: parentId }, name },
    success: [202],
    isKnown: true,
    // Replacing a file with the same one twice changes nothing.
    replaySafe: conflict === 'replace',
    signal,
  });
  const monitor = headers.get('location');
  if (monitor === null) {
    throw new GraphError('protocol', 'Graph accepted a copy but returned no monitor for it');
  }
  return waitForCopy(tools, monitor, signal);
}

async function waitForCopy(
  { callContent, clock }: CopyTools,
  monitor: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const deadline = clock.now() + MAX_COPY_MS;
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, SLOWEST_POLL_MS)) {
    const answer = await callContent({ method: 'GET', url: monitor, success: [200, 202, 303], signal });
    // 303 See Other points at the finished item; no other redirect occurs here.
    const state: WireMonitor = answer.status === 303 ? { status: 'completed' } : readMonitor(parseJson(answer));
    if (state.status === 'completed') {
      return state.resourceId;
    }
    if (state.status === 'failed' || state.status === 'deleteFailed') {
      const code = state.error?.code ?? state.errorCode ?? 'generalException';
      throw new GraphError('answer', `Graph gave up a copy: ${code}`, {
        status: statusOf(code),
        codes: [code.toLowerCase()],
      });
    }
    if (clock.now() >= deadline) {
      throw new GraphError(
        'timeout',
        `Graph has not finished a copy within ${MAX_COPY_MS / 60_000} minutes; it may still do so`,
      );
    }
    await clock.sleep(pause, signal).catch((cause: unknown) => {
      throw new GraphError('aborted', 'the request was aborted while copying', { cause });
    });
  }
}

/** Returns a status for a monitor's code, which comes without one; only some codes matter to a client. */
function statusOf(code: string): number {
  const statuses: Record<string, number> = {
    namealreadyexists: 409,
    itemnotfound: 404,
    quotalimitreached: 507,
    accessdenied: 403,
  };
  return statuses[code.toLowerCase()] ?? 500;
}

/** Reads a monitor's answer; one without content counts as unfinished. */
function readMonitor(json: unknown): WireMonitor {
  return typeof json === 'object' && json !== null ? json : {};
}
