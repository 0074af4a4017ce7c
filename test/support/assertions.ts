import { constants, createHash, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { Emulator } from '../../src/emulator/emulator.ts';
import type { MicrosoftAnswer, MicrosoftClient } from './microsoft-client.ts';

/** Members of a JWT by name; undefined leaves one out. */
export type Members = Record<string, unknown>;

export interface Issuer {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: string;
}

/** The claims of a federated token that is good for an hour. */
export function federatedClaims({ issuer, subject, audience }: Issuer, seconds: number): Members {
  return { iss: issuer, sub: subject, aud: audience, iat: seconds, nbf: seconds, exp: seconds + 3600 };
}

/** The header and the claims that Microsoft documents for an application's certificate; good for ten minutes. */
export function documentedAssertion(
  emulator: Emulator,
  certificate: string,
  seconds: number,
): { header: Members; claims: Members } {
  const { tenantId, clientId } = emulator;
  return {
    header: { alg: 'PS256', typ: 'JWT', 'x5t#S256': thumbprint(certificate, 'sha256') },
    claims: {
      aud: `https://login.microsoftonline.com/${tenantId}/oauth2/v2.0/token`,
      iss: clientId,
      sub: clientId,
      jti: randomUUID(),
      nbf: seconds,
      iat: seconds,
      exp: seconds + 600,
    },
  };
}

export function thumbprint(certificate: string, hash: 'sha1' | 'sha256'): string {
  return createHash(hash).update(new X509Certificate(certificate).raw).digest('base64url');
}

/** Signs by RS256 or PS256, as the header says; with any other algorithm in it, by RS256. */
export function signJwt(header: Members, claims: Members, key: string): string {
  const signed = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const padding =
    header.alg === 'PS256'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : { padding: constants.RSA_PKCS1_PADDING };
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, ...padding }).toString('base64url')}`;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** A token request by assertion instead of secret. */
export function tokenByAssertion(
  client: MicrosoftClient,
  emulator: Emulator,
  { assertion, type = ASSERTION_TYPE }: { assertion?: string; type?: string | null },
): Promise<MicrosoftAnswer> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: emulator.clientId,
    scope: 'https://graph.microsoft.com/.default',
    ...(assertion === undefined ? {} : { client_assertion: assertion }),
    ...(type === null ? {} : { client_assertion_type: type }),
  });
  return client.plain(`https://login.microsoftonline.com/${emulator.tenantId}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
}
