import type { Secret } from '../lib/secret.ts';
import type { CallGraph } from './client.ts';
import type { WireApplication } from './types.ts';

/** The number of a secret's characters that Graph shows (Graph docs, "passwordCredential resource type"). */
const HINT_CHARACTERS = 3;

/** The expiry of a client secret. */
export interface SecretExpiry {
  readonly ends: Date;
  /** False when several secrets of the application begin alike: then `ends` is the earliest expiry. */
  readonly isCertain: boolean;
}

/**
 * Returns when our client secret expires according to the registration; undefined when the registration does not list
 * it. Needs Application.Read.All, and that the application is registered in this tenant (Graph docs, "Get
 * application").
 */
export async function getSecretExpiry(
  call: CallGraph,
  { clientId, secret }: { clientId: string; secret: Secret },
  signal: AbortSignal,
): Promise<SecretExpiry | undefined> {
  const path = `/applications(appId='${encodeURIComponent(clientId)}')?$select=passwordCredentials`;
  const { json } = await call({ method: 'GET', path, signal });
  const hint = secret.reveal().slice(0, HINT_CHARACTERS);
  const ends = ((json as WireApplication | undefined)?.passwordCredentials ?? [])
    // Old secrets have no hint.
    .filter(each => each.hint === undefined || each.hint === null || each.hint === hint)
    .map(({ endDateTime }) => Date.parse(endDateTime ?? ''))
    .filter(Number.isFinite)
    .sort((left, right) => left - right);
  return ends[0] === undefined ? undefined : { ends: new Date(ends[0]), isCertain: ends.length === 1 };
}
