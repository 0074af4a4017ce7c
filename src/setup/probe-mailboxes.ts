import type { CallGraph } from '../graph/client.ts';
import { type Probes, probeDrives } from '../graph/probe-drives.ts';
import { printable } from '../lib/printable.ts';
import type { Dialogue } from './dialogue.ts';
import { SetupError } from './errors.ts';

/** Requests for missing drives get this machine throttled, and setup only checks that access works. */
const MAX_PROBES = 100;
/** Addresses to show for each reason. */
const MAX_SHOWN = 10;

export interface Candidate {
  /** For Graph: object id or user principal name. */
  readonly id: string;
  readonly address: string;
}

/**
 * Probes these drives and reports which can be opened, and why the others cannot. Returns unknown addresses, so that
 * the user can correct them. Throws SetupError when no drive can be opened.
 */
export async function lookAtDrives(
  candidates: readonly Candidate[],
  { call, dialogue }: { call: CallGraph; dialogue: Dialogue },
  signal: AbortSignal,
): Promise<{ unknown: string[] }> {
  if (candidates.length === 0) {
    return { unknown: [] };
  }
  const looked = candidates.slice(0, MAX_PROBES);
  const probes = await probeDrives(
    call,
    looked.map(({ id }) => id),
    { signal, onProbe: count => dialogue.progress.show(`querying OneDrives: ${count} of ${looked.length}`) },
  );
  const stateOf = ({ id }: Candidate) => probes.byUserId.get(id)?.state;
  const unknown = looked.filter(candidate => stateOf(candidate) === 'no-user').map(({ address }) => address);
  const ready = looked.filter(candidate => stateOf(candidate) === 'ready').length;
  dialogue.tell(report(candidates, { looked, ready, probes }));
  if (ready === 0 && unknown.length === 0 && probes.stopped === undefined) {
    throw new SetupError('none of these OneDrives can be opened; see the reasons above');
  }
  return { unknown };
}

function report(
  candidates: readonly Candidate[],
  { looked, ready, probes }: { looked: readonly Candidate[]; ready: number; probes: Probes },
): string {
  const addressesByReason = new Map<string, string[]>();
  for (const { id, address } of looked) {
    const probe = probes.byUserId.get(id);
    if (probe !== undefined && 'message' in probe) {
      addressesByReason.set(probe.message, [...(addressesByReason.get(probe.message) ?? []), address]);
    }
  }
  const rest = candidates.length - looked.length;
  return [
    `Queried ${looked.length} OneDrive${looked.length === 1 ? '' : 's'}: ${ready} can be opened.`,
    ...[...addressesByReason].map(([reason, addresses]) => `  ${listSome(addresses)}: ${printable(reason)}`),
    ...(rest === 0 ? [] : [`  ${rest} more were not queried; "onedrive-webdav mailboxes --all" queries all.`]),
    ...(probes.stopped === undefined ? [] : [`  Stopped early: ${printable(probes.stopped.message)}`]),
  ].join('\n');
}

function listSome(addresses: readonly string[]): string {
  const more = addresses.length - MAX_SHOWN;
  return `${addresses.slice(0, MAX_SHOWN).map(printable).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
