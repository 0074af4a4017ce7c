import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../lib/clock.ts';
import { type IssuerKeys, KeysUnknownError } from './issuer-keys.ts';

/** Signatures by a private key only: `none` proves nothing, and whoever checks an HS* could also have made it. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** How far the clocks of issuer and server may differ. */
const TOLERANCE_SECONDS = 60;

/** The person whom a token names: by object id in a tenant, or by a name that the directory knows. */
export type TokenPerson =
  | {
      readonly userId: string;
      /** As the configuration writes it, in lower case. */
      readonly tenantId: string;
    }
  /** A principal name, a mail address or an object id. */
  | { readonly name: string };

/** Why a token is refused. `scope`: it is genuine, but not for this; RFC 6750 §3.1 knows both. */
export interface TokenRefusal {
  readonly refused: 'invalid' | 'scope';
  /** In words for the log and the client; ASCII without quotes. */
  readonly reason: string;
}

/** An issuer and what its tokens must be. */
export interface TrustedIssuer {
  readonly keys: IssuerKeys;
  /** A token is for one of these. */
  readonly audiences: readonly string[];
  /** Checks what only this kind of token has, once the token is genuine, and names its person. */
  readonly judge: (token: GenuineToken) => TokenPerson | TokenRefusal;
}

/** A token with a valid signature of its issuer, for us, and of this time. */
export interface GenuineToken {
  readonly claims: JWTPayload;
  readonly header: { readonly typ?: string | undefined };
}

export interface GoodToken {
  readonly person: TokenPerson;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** Tells whether the key that has signed it is still one of the issuer's. */
  readonly isKeyValid: () => boolean;
}

/**
 * Checks a signed token. Several issuers may have one name: a tenant that is configured twice issues the tokens of both
 * applications. Throws KeysUnknownError when nobody can tell.
 */
export async function checkToken(
  token: string,
  issuers: readonly TrustedIssuer[],
  clock: Clock,
): Promise<GoodToken | TokenRefusal> {
  let left = issuers;
  let refusal = invalid('it is of another issuer');
  try {
    const name = decodeJwt(token).iss;
    for (let issuer = await findIssuer(name, left); issuer !== undefined; issuer = await findIssuer(name, left)) {
      const checked = await checkOf(issuer, token, clock);
      if (checked !== 'for another') {
        return checked;
      }
      refusal = invalid(CLAIMS.aud!);
      left = left.slice(left.indexOf(issuer) + 1);
    }
    return refusal;
  } catch (error) {
    // A key of a wrong size or kind is a TypeError of jose.
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      return invalid(reasonOf(error));
    }
    throw error;
  }
}

export function invalid(reason: string): TokenRefusal {
  return { refused: 'invalid', reason };
}

/** Returns the name that a token claims, for the log: nothing of it has been proven. */
export function claimedName(token: string): string {
  try {
    const claims = decodeJwt(token);
    const names = ['upn', 'preferred_username', 'unique_name', 'email', 'sub'].map(name => claims[name]);
    return String(names.find(name => typeof name === 'string') ?? '').slice(0, 200);
  } catch {
    return '';
  }
}

/** Returns the issuer of this name. Throws KeysUnknownError if it may be one whose name is not known now. */
async function findIssuer(name: unknown, issuers: readonly TrustedIssuer[]): Promise<TrustedIssuer | undefined> {
  let unknown: KeysUnknownError | undefined;
  for (const issuer of issuers) {
    try {
      if ((await issuer.keys.issuer()) === name) {
        return issuer;
      }
    } catch (error) {
      if (!(error instanceof KeysUnknownError)) {
        throw error;
      }
      unknown = error;
    }
  }
  if (unknown !== undefined) {
    throw unknown;
  }
  return undefined;
}

async function checkOf(
  { keys, audiences, judge }: TrustedIssuer,
  token: string,
  clock: Clock,
): Promise<GoodToken | TokenRefusal | 'for another'> {
  const { kid } = decodeProtectedHeader(token);
  if (typeof kid !== 'string') {
    return invalid('it does not name its key');
  }
  const verified = await jwtVerify(token, keys.find, {
    algorithms: ALGORITHMS,
    issuer: await keys.issuer(),
    audience: [...audiences],
    currentDate: new Date(clock.now()),
    clockTolerance: TOLERANCE_SECONDS,
    requiredClaims: ['exp'],
  }).catch(asOfAnother);
  if (verified === 'for another') {
    return verified;
  }
  const { payload, protectedHeader } = verified;
  const person = judge({ claims: payload, header: protectedHeader });
  if ('refused' in person) {
    return person;
  }
  return { person, until: (payload.exp! + TOLERANCE_SECONDS) * 1000, isKeyValid: () => keys.has(kid) };
}

/** Another issuer of the same name may have the audience of a genuine token; other errors go on. */
function asOfAnother(error: unknown): 'for another' {
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return 'for another';
  }
  throw error;
}

function reasonOf(error: Error): string {
  if (error instanceof errors.JWTExpired) {
    return 'it has expired';
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return CLAIMS[error.claim] ?? `the claim ${error.claim} is wrong`;
  }
  return error instanceof errors.JOSEError ? (SIGNATURE[error.code] ?? 'it is malformed') : 'its key cannot be used';
}

const CLAIMS: Record<string, string> = {
  aud: 'it is for another audience',
  iss: 'it is of another issuer',
  nbf: 'it is not valid yet',
  exp: 'it has no end',
};
const SIGNATURE: Record<string, string> = {
  ERR_JOSE_ALG_NOT_ALLOWED: 'its algorithm is not accepted',
  ERR_JWKS_NO_MATCHING_KEY: 'the issuer has no such key',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'its signature is wrong',
};
