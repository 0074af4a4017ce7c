import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Application } from './application.ts';
import { graphUrl, issuerOf, v1IssuerOf } from './clouds.ts';
import type { World } from './exchange.ts';
import type { ApiScopes } from './exposed-api.ts';
import { groupsOf } from './group.ts';
import { GRAPH_APP_ID } from './permissions.ts';
import { appRolesOf } from './person.ts';
import type { Scopes } from './sign-in.ts';
import { signInName } from './site.ts';
import type { Person, Tenant } from './tenant.ts';

/** Lifetime in seconds, as the token endpoint grants it in practice. */
export const TOKEN_LIFE_SECONDS = 3599;
/** With more groups than this, a JWT names none (learn, "Groups overage claim"). */
const MAX_GROUPS = 200;

/**
 * The client's kind of credential: `0` none, `1` a secret, `2` an assertion (learn, claim `appidacr`).
 */
export type ClientProof = '0' | '1' | '2';

/** What an app-only token says of its application, and for which API it is; undefined is Graph. */
export interface AppTokenFacts {
  readonly application: Application;
  readonly proof: ClientProof;
  readonly api: ApiScopes | undefined;
}

/** Issues an app-only access token, in the shape of Entra's. The emulator gives no roles in APIs besides Graph. */
export function issueAppToken(world: World, tenant: Tenant, { application, proof, api }: AppTokenFacts): string {
  const { clientId, servicePrincipalId, roles } = application;
  const own = { oid: servicePrincipalId, sub: servicePrincipalId };
  if (api !== undefined) {
    const { frame, version } = apiFrame(world, tenant, api);
    return world.keys.sign(
      { ...frame, ...clientClaims({ application, proof, version }), ...own, idtyp: 'app' },
      version,
    );
  }
  const claims = {
    ...tokenFrame(world, tenant),
    ...{ app_displayname: application.displayName, appid: clientId, appidacr: proof, idtyp: 'app' },
    ...own,
    // Without consent a token is still issued, without the claim.
    ...(roles.length > 0 ? { roles } : {}),
  };
  return world.keys.sign(claims, '1.0');
}

/** The facts about a sign-in that a token carries. */
export interface SignedIn extends Person {
  readonly application: Application;
  readonly scopes: Scopes;
  /** Milliseconds since 1970. */
  readonly signedIn: number;
  readonly mfa: boolean;
  readonly sid: string;
}

/** Issues an access token for a person: for Graph, where it has `scp` and no `roles`, or for an application's API. */
export function issuePersonToken(world: World, signedIn: SignedIn, proof: ClientProof): string {
  const { api } = signedIn.scopes;
  return api === undefined ? issueGraphToken(world, signedIn, proof) : issueApiToken(world, signedIn, { api, proof });
}

/**
 * Issues an access token for an API, of the version that its registration asks for (learn, "Access token claims
 * reference"). `roles` are those of the person in the API's application.
 */
function issueApiToken(
  world: World,
  signedIn: SignedIn,
  { api, proof }: { api: ApiScopes; proof: ClientProof },
): string {
  const { application, tenant, user, mfa, sid } = signedIn;
  const { frame, version, owner } = apiFrame(world, tenant, api);
  const claims = {
    ...frame,
    ...clientClaims({ application, proof, version }),
    ...{ name: user.displayName, oid: user.id, sid, scp: api.names.join(' ') },
    ...(version === '1.0'
      ? { acr: '1', amr: mfa ? ['pwd', 'mfa'] : ['pwd'], unique_name: signInName(user), upn: user.upn }
      : { preferred_username: signInName(user) }),
    ...(owner === undefined ? {} : rolesClaim({ ...signedIn, application: owner })),
    sub: pairwiseSubject(world, api.clientId, user.id),
  };
  return world.keys.sign(claims, version);
}

/** The claims by which each version names the client. */
function clientClaims({
  application: { clientId },
  proof,
  version,
}: {
  application: Application;
  proof: ClientProof;
  version: '1.0' | '2.0';
}): Record<string, string> {
  return version === '1.0' ? { appid: clientId, appidacr: proof } : { azp: clientId, azpacr: proof };
}

/**
 * The claims of a token that depend on its API: in version 2.0 `aud` is always the client id, in 1.0 what the request
 * has named.
 */
function apiFrame(world: World, tenant: Tenant, { clientId, resource }: ApiScopes) {
  const owner = world.tenants.findApi(clientId, tenant);
  const version = owner?.api.requestedAccessTokenVersion === 2 ? ('2.0' as const) : ('1.0' as const);
  const { cloud, id } = tenant;
  const frame = {
    ...tokenFrame(world, tenant),
    ...{ aud: version === '1.0' ? resource : clientId, ver: version },
    ...(version === '1.0' ? {} : { iss: issuerOf(cloud, id) }),
  };
  return { frame, version, owner };
}

function issueGraphToken(world: World, signedIn: SignedIn, proof: ClientProof): string {
  const { application, tenant, user, scopes, mfa, sid } = signedIn;
  const claims = {
    ...tokenFrame(world, tenant),
    ...{ acr: '1', amr: mfa ? ['pwd', 'mfa'] : ['pwd'], appid: application.clientId, appidacr: proof },
    ...{ app_displayname: application.displayName, idtyp: 'user', name: user.displayName, oid: user.id, sid },
    scp: [...scopes.openid.filter(name => name !== 'offline_access'), ...scopes.graph].join(' '),
    sub: pairwiseSubject(world, GRAPH_APP_ID, user.id),
    ...{ unique_name: signInName(user), upn: user.upn },
  };
  return world.keys.sign(claims, '1.0');
}

/** Issues the token that tells the application who has signed in (learn, "ID token claims reference"). */
export function issueIdToken(world: World, signedIn: SignedIn, nonce: string | null): string {
  const { application, tenant, user, scopes, sid } = signedIn;
  const { iat, nbf, exp, tid, uti } = tokenFrame(world, tenant);
  const claims = {
    ...{ aud: application.clientId, iss: issuerOf(tenant.cloud, tenant.id), iat, nbf, exp },
    ...optionalClaims(signedIn),
    ...(scopes.openid.includes('profile')
      ? { name: user.displayName, oid: user.id, preferred_username: signInName(user) }
      : {}),
    ...(nonce === null ? {} : { nonce }),
    ...rolesClaim(signedIn),
    ...groupsClaim(world, signedIn),
    ...{ sid, sub: pairwiseSubject(world, application.clientId, user.id), tid, uti, ver: '2.0' },
  };
  return world.keys.sign(claims, '2.0');
}

/** Returns the pairwise subject: different for each application, constant for one (OpenID Connect Core §8.1). */
export function pairwiseSubject({ keys }: World, clientId: string, userId: string): string {
  return createHmac('sha256', keys.secret).update(`${clientId}/${userId}`).digest('base64url');
}

/** Returns MSAL's `client_info`: the account as `uid` and `utid`. */
export function clientInfo({ tenant, user }: Person): string {
  return Buffer.from(JSON.stringify({ uid: user.id, utid: tenant.id })).toString('base64url');
}

function tokenFrame({ settings }: World, tenant: Tenant) {
  const issued = Math.floor(settings.clock.now() / 1000);
  return {
    aud: graphUrl(tenant.cloud),
    iss: v1IssuerOf(tenant.cloud, tenant.id),
    ...{ iat: issued, nbf: issued, exp: issued + TOKEN_LIFE_SECONDS },
    ...{ tid: tenant.id, uti: randomBytes(16).toString('base64url'), ver: '1.0' },
  };
}

/**
 * `email` comes with its scope, and always for guests; it needs an address. `acct` says whether the person is a guest;
 * `idp` is a guest's identity provider.
 */
function optionalClaims({ application, user, scopes }: SignedIn): Record<string, unknown> {
  const { optionalClaims } = application;
  const isGuest = user.guestOf !== null;
  const withEmail = isGuest || scopes.openid.includes('email') || optionalClaims.includes('email');
  const email = user.mail ?? user.guestOf;
  return {
    ...(optionalClaims.includes('acct') ? { acct: isGuest ? 1 : 0 } : {}),
    ...(withEmail && email !== null ? { email } : {}),
    ...(isGuest ? { idp: homeOf(user.guestOf ?? '') } : {}),
  };
}

/** Returns a guest's issuer: the emulator does not know their tenant, so it is derived from the domain. */
function homeOf(address: string): string {
  const hash = createHash('sha256')
    .update(address.split('@')[1] ?? '')
    .digest('hex');
  const guid = [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)];
  return `https://sts.windows.net/${guid.join('-')}/`;
}

function rolesClaim(signedIn: SignedIn): { roles?: string[] } {
  const roles = appRolesOf(signedIn.application, signedIn);
  return roles.length > 0 ? { roles } : {};
}

/**
 * Returns the ids of the person's groups or, when there are too many, the URL to query them (learn, "Groups overage
 * claim").
 */
function groupsClaim({ settings }: World, { application, tenant, user }: SignedIn): Record<string, unknown> {
  const { groupMembershipClaims, appRoleAssignments } = application;
  if (groupMembershipClaims === null) {
    return {};
  }
  const ofApplication = appRoleAssignments.map(({ principalId }) => principalId);
  const candidates =
    groupMembershipClaims === 'ApplicationGroup'
      ? tenant.groups.filter(({ id }) => ofApplication.includes(id))
      : tenant.groups;
  const groups = groupsOf(user, candidates, { transitive: true }).map(({ id }) => id);
  if (groups.length <= MAX_GROUPS) {
    return groups.length > 0 ? { groups } : {};
  }
  const endpoint =
    settings.groupsOverageEndpoint === 'graph.windows.net'
      ? `https://graph.windows.net/${tenant.id}/users/${user.id}/getMemberObjects`
      : `${graphUrl(tenant.cloud)}/v1.0/users/${user.id}/getMemberObjects`;
  return { _claim_names: { groups: 'src1' }, _claim_sources: { src1: { endpoint } } };
}
