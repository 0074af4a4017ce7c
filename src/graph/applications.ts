import type { Secret } from '../lib/secret.ts';
import type { CallGraph } from './client.ts';
import type { WireApplication } from './types.ts';

/** The number of a secret's characters that Graph shows (Graph docs, "passwordCredential resource type"). */
const HINT_CHARACTERS = 3;

/** The delegated permissions of a sign-in, with their ids (Graph permissions reference). */
export const SIGN_IN_SCOPES = {
  openid: '37f7f235-527c-4136-accd-4a02d197296e',
  profile: '14dad69e-099b-42c9-810b-d002981feec1',
} as const;

/** The expiry of a client secret. */
export interface SecretExpiry {
  readonly ends: Date;
  /** False when several secrets of the application begin alike: then `ends` is the earliest expiry. */
  readonly isCertain: boolean;
}

/** What a registration says about the sign-in of people. */
export interface SignInSettings {
  /** Of the platform Web. */
  readonly redirectUris: readonly string[];
  /** Those of SIGN_IN_SCOPES that the registration asks for. */
  readonly scopes: readonly string[];
  /** The values of the enabled roles that people can have. */
  readonly appRoles: readonly string[];
}

/**
 * Reads the parts of our registration that matter for a sign-in. Needs Application.Read.All, and that the application is
 * registered in this tenant (Graph docs, "Get application").
 */
export async function getSignInSettings(
  call: CallGraph,
  clientId: string,
  signal: AbortSignal,
): Promise<SignInSettings> {
  const path = `/applications(appId='${encodeURIComponent(clientId)}')?$select=web,requiredResourceAccess,appRoles`;
  const { json } = await call({ method: 'GET', path, signal });
  const { web, requiredResourceAccess, appRoles } = (json as WireApplication | undefined) ?? {};
  const asked = (requiredResourceAccess ?? []).flatMap(({ resourceAccess }) => resourceAccess ?? []);
  const ids = asked.filter(({ type }) => type === 'Scope').map(({ id }) => id?.toLowerCase());
  return {
    redirectUris: web?.redirectUris ?? [],
    scopes: Object.entries(SIGN_IN_SCOPES).flatMap(([name, id]) => (ids.includes(id) ? [name] : [])),
    appRoles: (appRoles ?? [])
      .filter(({ isEnabled, allowedMemberTypes }) => isEnabled !== false && allowedMemberTypes?.includes('User'))
      .flatMap(({ value }) => value ?? []),
  };
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
