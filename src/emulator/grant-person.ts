import { proveClient, type TokenRequest } from './client-authentication.ts';
import { now } from './exchange.ts';
import {
  type ClientProof,
  clientInfo,
  issueIdToken,
  issuePersonToken,
  type SignedIn,
  TOKEN_LIFE_SECONDS,
} from './issued-tokens.ts';
import { type Authority, type Registration, readAuthority, readRegistration } from './login-tenant.ts';
import {
  checkAccount,
  checkAssignment,
  checkMultiFactor,
  consentedScopes,
  missingConsent,
  noConsent,
  unknownPerson,
} from './person.ts';
import { readScopes, resolveDefault } from './scopes.ts';
import { seal } from './sealed.ts';
import type { Scopes, Session } from './sign-in.ts';
import type { Person } from './tenant.ts';
import { invalidGrant, isRefusal, missingParameter, type Refusal } from './token-refusal.ts';

/** The contents of a refresh token. */
export interface RefreshClaims {
  readonly clientId: string;
  readonly session: Session;
  readonly scopes: Scopes;
  /** Milliseconds since 1970. */
  readonly issued: number;
}

/** The client that asks for a person's tokens. */
export interface PersonClient {
  readonly authority: Authority;
  readonly registration: Registration;
  readonly proof: ClientProof;
}

/** A person's sign-in, from which tokens are issued. */
export interface PersonGrant extends Omit<PersonClient, 'authority'> {
  readonly session: Session;
  readonly scopes: Scopes;
  readonly nonce: string | null;
}

/** Returns the client, after checking its grant's parameters and its credential. */
export function readPersonClient(request: TokenRequest, parameters: readonly string[]): PersonClient | Refusal {
  const { exchange, form } = request;
  const authority = readAuthority(exchange);
  if (isRefusal(authority)) {
    return authority;
  }
  const missing = ['client_id', ...parameters].find(name => !form.has(name));
  if (missing !== undefined) {
    return missingParameter(missing);
  }
  const registration = readRegistration(exchange, authority, form.get('client_id')!);
  if (isRefusal(registration)) {
    return registration;
  }
  const proof = proveClient(request, registration);
  return typeof proof === 'string' ? { authority, registration, proof } : proof;
}

/**
 * Issues the tokens of a sign-in, if it is still valid: the account, the assignment or the consent may have
 * changed since.
 */
export function grantPerson(request: TokenRequest, grant: PersonGrant): object | Refusal {
  const { registration, session } = grant;
  const { tenants } = request.exchange.world;
  const person = tenants.findPerson(session);
  if (person === undefined) {
    return unknownPerson('{EmailHidden}', tenants.findById(session.tenantId));
  }
  const scopes = readWantedScopes(request, grant, person);
  if (isRefusal(scopes)) {
    return scopes;
  }
  const refusal =
    checkAccount(person) ??
    checkSession(person, session) ??
    checkMultiFactor(person, session.mfa) ??
    checkAssignment(registration, person) ??
    (missingConsent(registration, person, { scopes, tenants }).length > 0
      ? noConsent(registration.application)
      : undefined);
  const resolved = resolveDefault(scopes, consentedScopes(registration, person, { scopes, tenants }));
  return refusal ?? tokensOf(request, grant, { ...person, scopes: resolved });
}

function tokensOf(request: TokenRequest, grant: PersonGrant, person: Person & { scopes: Scopes }): object {
  const { world } = request.exchange;
  const { session, nonce, proof } = grant;
  const { application } = grant.registration;
  const { scopes } = person;
  const signedIn: SignedIn = { ...session, ...person, application };
  return {
    token_type: 'Bearer',
    scope: grantedScope(scopes),
    expires_in: TOKEN_LIFE_SECONDS,
    ext_expires_in: TOKEN_LIFE_SECONDS,
    access_token: issuePersonToken(world, signedIn, proof),
    ...(scopes.openid.includes('offline_access') ? { refresh_token: sealRefreshToken(request, grant) } : {}),
    ...(scopes.openid.includes('openid') ? { id_token: issueIdToken(world, signedIn, nonce) } : {}),
    ...(request.form.get('client_info') === '1' ? { client_info: clientInfo(person) } : {}),
  };
}

/** Names the scopes of an API in full; those of OpenID Connect belong to Graph's. */
function grantedScope({ openid, graph, api }: Scopes): string {
  const names = api?.names.map(name => `${api.resource}/${name}`);
  return (names ?? [...openid.filter(name => name !== 'offline_access'), ...graph]).join(' ');
}

/**
 * Issues a new refresh token; earlier ones stay valid (learn, "Refresh tokens": they are not revoked when they are
 * used).
 */
function sealRefreshToken({ exchange }: TokenRequest, { registration, session, scopes }: PersonGrant): string {
  const claims: RefreshClaims = {
    clientId: registration.application.clientId,
    ...{ session, scopes, issued: now(exchange) },
  };
  return `1.${seal('refresh', claims, exchange.world.keys.secret)}`;
}

/** Returns the scopes: a request may ask for fewer than the sign-in did, or for other consented ones. */
function readWantedScopes({ form, exchange }: TokenRequest, grant: PersonGrant, { tenant }: Person): Scopes | Refusal {
  const asked = form.get('scope');
  if (asked === null) {
    return grant.scopes;
  }
  const scopes = readScopes(asked, {
    ...{ tenant, tenants: exchange.world.tenants },
    clientId: grant.registration.application.clientId,
  });
  // The sign-in has decided whether there is an id_token and whether there are refresh tokens.
  return isRefusal(scopes) ? scopes : { ...scopes, openid: grant.scopes.openid };
}

function checkSession({ user }: Person, { signedIn }: Session): Refusal | undefined {
  if (signedIn >= user.sessionsValidFrom) {
    return undefined;
  }
  const [from, valid] = [signedIn, user.sessionsValidFrom].map(time => new Date(time).toISOString());
  const text = `The provided grant has expired due to it being revoked, a fresh auth token is needed. The user might have changed or reset their password. The grant was issued on '${from}' and the TokensValidFrom date (before which tokens are not valid) for this user is '${valid}'.`;
  return invalidGrant(50173, text, 'bad_token');
}
