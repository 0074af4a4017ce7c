import { createHash, createPublicKey, X509Certificate } from 'node:crypto';
import type { Application, FederatedIssuer } from './application.ts';
import { hasKnownAlgorithm, isSignedBy, type Jwt, parseJwt } from './jwt.ts';
import { invalidClient, invalidRequest, type Refusal } from './token-refusal.ts';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Clock skew that Microsoft's token validation allows by default. For Entra here it is not documented. */
const CLOCK_SKEW_SECONDS = 300;
/** The largest time in a `Date`. */
const LAST_SECOND = 8.64e12;
const SEE = 'Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .';

export interface AssertionContext {
  readonly application: Application;
  /** The accepted values of `aud`. */
  readonly audiences: readonly string[];
  readonly nowSeconds: number;
  /** The `jti`s seen so far, with the second at which each may be forgotten. Undefined: replays are allowed. */
  readonly seen: Map<string, number> | undefined;
}

/**
 * Returns the objection to a client's JWT assertion; undefined when it is valid (RFC 7523 §3; learn,
 * "application authentication certificate credentials" and "workload identity federation"). The order of Entra's checks
 * is not known.
 */
export function checkAssertion(text: string, context: AssertionContext): Refusal | undefined {
  const jwt = parseJwt(text);
  if (jwt === undefined) {
    return invalidRequest(50027, 'JWT token is invalid or malformed.');
  }
  return checkForm(jwt) ?? (isForeign(jwt) ? checkFederated(jwt, context) : checkSelfSigned(jwt, context));
}

function checkForm(jwt: Jwt): Refusal | undefined {
  const { header, claims } = jwt;
  if (!hasKnownAlgorithm(jwt)) {
    const text = `Invalid JWT token. '${header.alg}' is not a supported signature algorithm. Supported signing algorithms are: 'RS256,RS384,RS512'`;
    return invalidClient(5002738, text);
  }
  const missing = ['iss', 'aud'].find(name => claims[name] === undefined);
  if (missing !== undefined) {
    return invalidRequest(90014, `The required field '${missing}' is missing from the credential.`);
  }
  if (header.x5t === undefined && header['x5t#S256'] === undefined && header.kid === undefined) {
    const text =
      'No certificate SHA-1 thumbprint, certificate SHA-256 thumbprint, nor keyId specified in token header.';
    return invalidClient(5002723, `Invalid JWT token. ${text}`);
  }
  return undefined;
}

/** Tells whether it is a federated token: its issuer is a URL; an application uses its GUID. */
function isForeign({ claims }: Jwt): boolean {
  return String(claims.iss).startsWith('https://');
}

/** Checks an assertion that the application has signed with the key of one of its certificates. */
function checkSelfSigned(jwt: Jwt, context: AssertionContext): Refusal | undefined {
  const { claims } = jwt;
  const { application, audiences } = context;
  if (claims.iss !== application.clientId || claims.sub !== application.clientId) {
    return invalidClient(700021, `Client assertion application identifier doesn't match 'client_id' parameter. ${SEE}`);
  }
  const unsigned = checkCertificate(jwt, context);
  if (unsigned !== undefined) {
    return unsigned;
  }
  if (!audiences.includes(String(claims.aud))) {
    return invalidClient(700023, `Client assertion audience claim does not match Realm issuer. ${SEE}`);
  }
  return checkTime(claims, context) ?? checkReplay(claims, context);
}

function checkCertificate(jwt: Jwt, { application, nowSeconds }: AssertionContext): Refusal | undefined {
  const certificate = application.certificates
    .map(pem => new X509Certificate(pem))
    .find(each => isNamedBy(each, jwt.header));
  if (certificate === undefined) {
    const text = 'The certificate with identifier used to sign the client assertion is not registered on application.';
    const where = `Please visit the Azure Portal to see configured keys for app Id '${application.clientId}'.`;
    return invalidClient(700027, `${text} [Reason - The key was not found., ${describeThumbprint(jwt)}${where}]`);
  }
  const { validFromDate, validToDate } = certificate;
  if (validToDate.getTime() <= nowSeconds * 1000) {
    const found = `Found key 'Start=${usTime(validFromDate)}, End=${usTime(validToDate)}'`;
    return failedSignature(`The key used is expired., ${describeThumbprint(jwt)}${found}`);
  }
  return isSignedBy(jwt, certificate.publicKey)
    ? undefined
    : failedSignature(
        `The provided signature value did not match the expected signature value., ${describeThumbprint(jwt)}`,
      );
}

function failedSignature(reason: string): Refusal {
  return invalidClient(700027, `Client assertion failed signature validation. [Reason - ${reason}]`);
}

/** Finds a certificate by the SHA-256 or SHA-1 hash of its DER (RFC 7515 §4.1.7, §4.1.8). */
function isNamedBy(certificate: X509Certificate, header: Jwt['header']): boolean {
  const thumbprint = (hash: string) => createHash(hash).update(certificate.raw).digest('base64url');
  return header['x5t#S256'] === thumbprint('sha256') || header.x5t === thumbprint('sha1');
}

function describeThumbprint({ header }: Jwt): string {
  const thumbprint = header['x5t#S256'] ?? header.x5t;
  return thumbprint === undefined
    ? ''
    : `Thumbprint of key used by client: '${Buffer.from(String(thumbprint), 'base64url').toString('hex').toUpperCase()}', `;
}

/** Formats a key's time as Entra does: `12/01/2026 20:00:00`. */
function usTime(date: Date): string {
  const [year, month, day, time] = date.toISOString().split(/[-T.]/);
  return `${month}/${day}/${year} ${time}`;
}

/**
 * Checks a token of another issuer against the application's federated credentials; issuer, audience and subject must
 * match exactly.
 */
function checkFederated(jwt: Jwt, context: AssertionContext): Refusal | undefined {
  const { clientId, federatedIssuers } = context.application;
  if (federatedIssuers.length === 0) {
    return invalidClient(70025, `The client '${clientId}' has no configured federated identity credentials.`);
  }
  const { claims } = jwt;
  const ofIssuer = federatedIssuers.filter(each => each.issuer === claims.iss);
  if (ofIssuer.length === 0) {
    return noRecord(700211, `issuer '${claims.iss}'`);
  }
  const ofAudience = ofIssuer.filter(each => each.audience === claims.aud);
  if (ofAudience.length === 0) {
    return noRecord(700212, `audience '${claims.aud}'`);
  }
  const record = ofAudience.find(each => each.subject === claims.sub);
  return record === undefined ? noRecord(700213, `subject '${claims.sub}'`) : checkToken(jwt, record, context);
}

/** Kubernetes' tokens also have a `jti`, but may be used repeatedly until they expire. */
function checkToken(jwt: Jwt, record: FederatedIssuer, context: AssertionContext): Refusal | undefined {
  return isSignedBy(jwt, createPublicKey(record.publicKey))
    ? checkTime(jwt.claims, context)
    : failedSignature('The key was not found.');
}

function noRecord(code: number, what: string): Refusal {
  const text = `No matching federated identity record found for presented assertion ${what}.`;
  return invalidClient(
    code,
    `${text} Check your federated identity credential Subject, Audience and Issuer against the presented assertion.`,
  );
}

/** Reads a time. Entra reads a missing one as 1970: without `exp` a token has expired, without `nbf` it is valid. */
function checkTime(claims: Jwt['claims'], { nowSeconds }: AssertionContext): Refusal | undefined {
  const [from, until] = [secondsOf(claims.nbf), secondsOf(claims.exp)];
  if (from <= nowSeconds + CLOCK_SKEW_SECONDS && nowSeconds < until + CLOCK_SKEW_SECONDS) {
    return undefined;
  }
  const [current, start, end] = [nowSeconds, from, until].map(seconds => new Date(seconds * 1000).toISOString());
  const text = `Client assertion is not within its valid time range. Current time: ${current}, assertion valid from ${start}, expiry time of assertion ${end}.`;
  return invalidClient(700024, `${text} ${SEE}`);
}

function secondsOf(claim: unknown): number {
  return typeof claim === 'number' && Math.abs(claim) <= LAST_SECOND ? claim : 0;
}

/** RFC 7523 §3.7: a server may refuse an assertion that it has seen. */
function checkReplay(claims: Jwt['claims'], { seen, nowSeconds }: AssertionContext): Refusal | undefined {
  if (seen === undefined) {
    return undefined;
  }
  for (const [jti, until] of seen) {
    if (until <= nowSeconds) {
      seen.delete(jti);
    }
  }
  if (typeof claims.jti !== 'string' || seen.has(claims.jti)) {
    return failedSignature('The assertion has been used before.');
  }
  seen.set(claims.jti, secondsOf(claims.exp) + CLOCK_SKEW_SECONDS);
  return undefined;
}
