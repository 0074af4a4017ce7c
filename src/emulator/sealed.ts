import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Seals a text so that only the login host can make and read it, as with Entra's codes, refresh tokens and cookies.
 * The result is bound to `kind`: a code is not a refresh token. `key` has 32 bytes.
 */
export function seal(kind: string, value: object, key: Uint8Array): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(kind));
  const text = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url');
}

/** Returns the input of `seal`; undefined for a foreign text or another kind. */
export function unseal<T extends object>(kind: string, text: string, key: Uint8Array): T | undefined {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length <= NONCE_BYTES + TAG_BYTES) {
    return undefined;
  }
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(kind))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    return JSON.parse(`${decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES))}${decipher.final()}`);
  } catch {
    return undefined;
  }
}
