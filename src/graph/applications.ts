import type { Secret } from '../lib/secret.ts';
import type { CallGraph } from './client.ts';
import type { WireApplication } from './types.ts';

/** Graph tells so many characters of a secret (Graph docs, "passwordCredential resource type"). */
const HINT_CHARACTERS = 3;

/** When a client secret ends. */
export interface SecretExpiry {
  readonly ends: Date;
  /** False when several secrets of the application begin alike: then it is the first of them to end. */
  readonly isCertain: boolean;
}

/**
 * When our client secret ends, by what the registration says of its secrets; undefined when it does not know this one.
 * Needs Application.Read.All, and that the application is registered in this tenant (Graph docs, "Get application").
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
    // Old ones have no hint.
    .filter(each => each.hint === undefined || each.hint === null || each.hint === hint)
    .map(({ endDateTime }) => Date.parse(endDateTime ?? ''))
    .filter(Number.isFinite)
    .sort((left, right) => left - right);
  return ends[0] === undefined ? undefined : { ends: new Date(ends[0]), isCertain: ends.length === 1 };
}
