import type { CallGraph } from './client.ts';
import { type DriveInfo, getUserDrive } from './drives.ts';
import { GraphError } from './errors.ts';
import { NO_DRIVE_CURES, type NoDrive, whyNoDrive } from './missing-drive.ts';

/** Fewer than the fence allows: a server with the same application may be running. Corso reads as many at once. */
const PROBES_AT_ONCE = 4;
/** Statuses that the next user would get as well. */
const STATUS_FOR_ALL = [401, 429, 503];

/** The result of looking at a user's drive. */
export type Probe =
  | { readonly state: 'ready'; readonly drive: DriveInfo }
  | { readonly state: NoDrive | 'failed'; readonly message: string };

export interface Probes {
  readonly byUserId: ReadonlyMap<string, Probe>;
  /** Why some users were not checked: Microsoft throttles, or cannot be reached. */
  readonly stopped: GraphError | undefined;
}

/**
 * Looks at the drives of these users, a few at once. Many requests for missing drives get the caller's IP throttled
 * (SharePoint docs, "Avoid getting throttled"), so this stops at the first sign of throttling. Never provisions a
 * drive: an application cannot.
 */
export async function probeDrives(
  call: CallGraph,
  userIds: readonly string[],
  { signal, onProbe = () => {} }: { signal: AbortSignal; onProbe?: (count: number) => void },
): Promise<Probes> {
  const byUserId = new Map<string, Probe>();
  const waiting = userIds.values();
  let stopped: GraphError | undefined;
  const work = async () => {
    for (let next = waiting.next(); !next.done && stopped === undefined; next = waiting.next()) {
      const outcome = await probeDrive(call, next.value, signal);
      if (outcome instanceof GraphError) {
        stopped ??= outcome;
        return;
      }
      byUserId.set(next.value, outcome);
      onProbe(byUserId.size);
    }
  };
  await Promise.all(Array.from({ length: PROBES_AT_ONCE }, work));
  return { byUserId, stopped };
}

/** Returns a GraphError when the answer says nothing about this user. */
async function probeDrive(call: CallGraph, userId: string, signal: AbortSignal): Promise<Probe | GraphError> {
  try {
    return { state: 'ready', drive: await getUserDrive(call, userId, signal) };
  } catch (error) {
    if (!(error instanceof GraphError) || error.kind === 'aborted') {
      throw error;
    }
    return isForAll(error) ? error : explain(error);
  }
}

function isForAll({ kind, status }: GraphError): boolean {
  return kind === 'answer' ? STATUS_FOR_ALL.includes(status) : kind !== 'protocol';
}

function explain(error: GraphError): Probe {
  const why = whyNoDrive(error);
  return why === undefined ? { state: 'failed', message: error.message } : { state: why, message: NO_DRIVE_CURES[why] };
}
