import type { JWTPayload } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { isGuid } from '../lib/guid.ts';
import type { Log } from '../lib/log.ts';
import { IssuerKeys } from './issuer-keys.ts';
import { discoverIssuer, type Fetch, readKeys } from './issuer-metadata.ts';
import { type GenuineToken, invalid, type TokenPerson, type TokenRefusal, type TrustedIssuer } from './token-check.ts';

/** What all issuers need. */
export interface IssuerParts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/** Which access tokens are for this server. */
export interface BearerRules {
  /** The audience; null: the application's own. */
  readonly audience: string | null;
  /** A scope that the token must have; null: any scope of the audience. */
  readonly scope: string | null;
}

/** An application in a tenant of Entra. */
export interface EntraApplication {
  /** The origin of the host that issues its tokens. */
  readonly authorityHost: string;
  /** By id or by domain. */
  readonly tenantId: string;
  /** Undefined: nothing but `audience` tells which tokens are for this server. */
  readonly clientId: string | undefined;
}

/** `at+jwt` is RFC 9068's type of an access token; issuers that are older than it write `JWT` or nothing. */
const ACCESS_TOKEN_TYPES = ['at+jwt', 'application/at+jwt'];
const OTHER_TYPES = ['jwt', undefined];
/** Claims of ID tokens (OpenID Connect Core §2, §3.3.2.11), which access tokens do not have. */
const ID_TOKEN_CLAIMS = ['nonce', 'at_hash', 'c_hash'];

/**
 * Returns Entra's two issuers of a tenant: which one issues an application's tokens is in its registration
 * (`requestedAccessTokenVersion`; learn, "Access tokens in the Microsoft identity platform").
 */
export function entraIssuers(
  { authorityHost, tenantId, clientId }: EntraApplication,
  { audience, scope }: BearerRules,
  parts: IssuerParts,
): TrustedIssuer[] {
  const base = `${authorityHost}/${encodeURIComponent(tenantId)}`;
  return [base, `${base}/v2.0`].map(address => ({
    keys: discovered(`${address}/.well-known/openid-configuration`, undefined, parts),
    audiences: audiencesOf(audience, clientId),
    judge: token => judgeEntra(token, { scope, tenantId: tenantId.toLowerCase() }),
  }));
}

/** A registration's own audience is its client id, or the identifier URI that Entra proposes. */
function audiencesOf(audience: string | null, clientId: string | undefined): string[] {
  const own = clientId === undefined ? [] : [clientId, `api://${clientId}`];
  return audience === null ? own : [audience];
}

/** Returns any other OpenID provider. `claim`: the one that names the person; null: `email`. */
export function openidIssuer(
  { issuer, clientId, claim }: { issuer: string; clientId: string; claim: string | null },
  { audience, scope }: BearerRules,
  parts: IssuerParts,
): TrustedIssuer {
  return {
    keys: discovered(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, issuer, parts),
    audiences: [audience ?? clientId],
    judge: token => judgeOther(token, { scope, claim }),
  };
}

/** Returns the issuer of a proxy's assertions, such as Cloudflare Access. */
export function assertionIssuer(
  { issuer, jwksUrl, audience, claim }: { issuer: string; jwksUrl: string; audience: string; claim: string },
  { fetch, clock, log }: IssuerParts,
): TrustedIssuer {
  const load = async (signal: AbortSignal) => ({ issuer, keys: await readKeys(fetch, jwksUrl, signal) });
  return {
    keys: new IssuerKeys({ load, clock, log }),
    audiences: [audience],
    judge: ({ claims }) => nameIn(claims, claim),
  };
}

function discovered(metadataUrl: string, name: string | undefined, { fetch, clock, log }: IssuerParts): IssuerKeys {
  const load = (signal: AbortSignal) => discoverIssuer(fetch, { metadataUrl, name }, signal);
  return new IssuerKeys({ load, clock, log });
}

/**
 * Judges a token of Entra (learn, "Access token claims reference"). `scp` is in tokens for a person alone: an ID token
 * has none, and an application's own token has `roles`.
 */
function judgeEntra(
  { claims, header }: GenuineToken,
  { scope, tenantId }: { scope: string | null; tenantId: string },
): TokenPerson | TokenRefusal {
  const { tid, oid, iss, idtyp } = claims;
  const scopes = wordsOf(claims.scp);
  if (!isAccessTokenType(header.typ) || scopes.length === 0 || idtyp === 'app') {
    return invalid('it is no access token for a person');
  }
  // The issuer's name has the tenant in it, in both versions.
  if (typeof tid !== 'string' || !isGuid(tid) || !iss!.toLowerCase().includes(`/${tid.toLowerCase()}/`)) {
    return invalid('it is of another tenant');
  }
  if (typeof oid !== 'string' || !isGuid(oid)) {
    return invalid('it names no person');
  }
  return missingScope(scopes, scope) ?? { userId: oid.toLowerCase(), tenantId };
}

/** Judges a token of another provider: RFC 9068's, or an older kind that has a scope and nothing of an ID token. */
function judgeOther(
  { claims, header }: GenuineToken,
  { scope, claim }: { scope: string | null; claim: string | null },
): TokenPerson | TokenRefusal {
  const scopes = [...wordsOf(claims.scope), ...wordsOf(claims.scp)];
  const isStated = ACCESS_TOKEN_TYPES.includes(header.typ?.toLowerCase() ?? '');
  // Keycloak writes the kind of a token into this claim: `Bearer`, `ID`, `Refresh`.
  const isOtherKind = typeof claims.typ === 'string' && claims.typ.toLowerCase() !== 'bearer';
  const isLikeIdToken = scopes.length === 0 || ID_TOKEN_CLAIMS.some(name => name in claims);
  if (!isAccessTokenType(header.typ) || isOtherKind || (!isStated && isLikeIdToken)) {
    return invalid('it is no access token');
  }
  return missingScope(scopes, scope) ?? nameIn(claims, claim ?? 'email');
}

function isAccessTokenType(typ: string | undefined): boolean {
  const type = typ?.toLowerCase();
  return ACCESS_TOKEN_TYPES.includes(type ?? '') || OTHER_TYPES.includes(type);
}

function missingScope(scopes: readonly string[], wanted: string | null): TokenRefusal | undefined {
  return wanted === null || scopes.includes(wanted)
    ? undefined
    : { refused: 'scope', reason: 'it has not the scope that this server asks for' };
}

/** Returns the name in a claim. An address counts only if the issuer does not say that it is unverified. */
function nameIn(claims: JWTPayload, claim: string): TokenPerson | TokenRefusal {
  const name = claims[claim];
  if (typeof name !== 'string' || name === '') {
    return invalid(`it has no claim ${claim}, so it names no person`);
  }
  if (claim === 'email' && ![undefined, true, 'true'].includes(claims.email_verified as string)) {
    return invalid('its address is not verified');
  }
  // A short name could be another person's in the directory.
  return name.includes('@') || isGuid(name) ? { name } : invalid(`its claim ${claim} is no address and no object id`);
}

/** Scopes are words in a text (RFC 8693 §4.2), or a list with some issuers. */
function wordsOf(value: unknown): string[] {
  const texts = Array.isArray(value) ? value : [value];
  return texts.flatMap(text => (typeof text === 'string' ? text.split(' ').filter(word => word !== '') : []));
}
