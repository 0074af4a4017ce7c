import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

/** Makes a secret of 256 bits, in characters that cookies and URLs may hold. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Returns true for a text that `randomSecret` may have made. */
export function isSecretShaped(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** SHA-256 in hexadecimal: what is stored in place of a secret of high entropy. */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/**
 * Makes the token of one form, for one purpose: a random id and its code under the session's secret. The id tells a
 * form that is sent twice.
 */
export function makeFormToken(formSecret: string, purpose: string): string {
  const id = randomUUID();
  return `${id}.${codeOf(formSecret, purpose, id)}`;
}

/** Returns the id of a token of this session and purpose; undefined for any other text. */
export function readFormToken(formSecret: string, purpose: string, token: string): string | undefined {
  const [id = '', code = ''] = token.split('.');
  const expected = Buffer.from(codeOf(formSecret, purpose, id));
  const given = Buffer.from(code);
  return given.length === expected.length && timingSafeEqual(given, expected) ? id : undefined;
}

function codeOf(formSecret: string, purpose: string, id: string): string {
  return createHmac('sha256', formSecret).update(`${purpose}\0${id}`).digest('base64url');
}
