import { constants, type KeyObject, verify } from 'node:crypto';

/** A parsed signed JWT (RFC 7515 §7.1, RFC 7519), not verified yet. */
export interface Jwt {
  readonly header: Record<string, unknown>;
  readonly claims: Record<string, unknown>;
  /** The signed part. */
  readonly signed: string;
  readonly signature: Buffer;
}

const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING, RSA_PSS_SALTLEN_DIGEST } = constants;
const PSS = { padding: RSA_PKCS1_PSS_PADDING, saltLength: RSA_PSS_SALTLEN_DIGEST };

/**
 * The algorithms that Entra accepts, all of them RSA (RFC 7518 §3.3, §3.5). `none` and the symmetric ones are not among
 * them.
 */
const ALGORITHMS: Record<string, { hash: string; padding: number; saltLength?: number }> = {
  RS256: { hash: 'sha256', padding: RSA_PKCS1_PADDING },
  RS384: { hash: 'sha384', padding: RSA_PKCS1_PADDING },
  RS512: { hash: 'sha512', padding: RSA_PKCS1_PADDING },
  PS256: { hash: 'sha256', ...PSS },
};

/** Parses a JWT; undefined if it is none. */
export function parseJwt(text: string): Jwt | undefined {
  const [header, claims, signature, ...more] = text.split('.');
  const parsed = { header: parsePart(header), claims: parsePart(claims) };
  if (parsed.header === undefined || parsed.claims === undefined || signature === undefined || more.length > 0) {
    return undefined;
  }
  return {
    header: parsed.header,
    claims: parsed.claims,
    signed: `${header}.${claims}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

export function hasKnownAlgorithm({ header }: Jwt): boolean {
  return Object.hasOwn(ALGORITHMS, String(header.alg));
}

/** Tells whether the owner of `key` has signed it, by a known algorithm. */
export function isSignedBy({ header, signed, signature }: Jwt, key: KeyObject): boolean {
  const { hash, ...options } = ALGORITHMS[String(header.alg)]!;
  return key.asymmetricKeyType === 'rsa' && verify(hash, Buffer.from(signed), { key, ...options }, signature);
}

function parsePart(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString());
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
