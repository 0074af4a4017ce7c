import { hash, randomBytes } from 'node:crypto';
import type { MakeCode } from '../state/sealing.ts';

/** Crockford's base 32 in lower case: no letters that look alike, and no sign that a mail program would cut off a URL. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
/** 28 characters of five bits: 140 bits. */
const LENGTH = 28;
const ID_LENGTH = 10;
const FORM = new RegExp(`^[${ALPHABET}]{${LENGTH}}$`);

/** Makes the token of a share's URL, and the digest that stands for it in the state. */
export function makeToken(): { readonly token: string; readonly digest: string } {
  const token = randomText(LENGTH);
  return { token, digest: digestOf(token) };
}

/**
 * Makes the token that belongs to a text, which must hold a random part that nobody else knows. The same servers make
 * the same one, and nothing of it is stored.
 */
export function makeTokenOf(text: string, codeOf: MakeCode): { readonly token: string; readonly digest: string } {
  const bytes = Buffer.from(codeOf('token of a share', text), 'base64url');
  const token = textOf(bytes.subarray(0, LENGTH));
  return { token, digest: digestOf(token) };
}

/** Makes the name of a share for lists and logs; it opens nothing. */
export function makeShareId(): string {
  return randomText(ID_LENGTH);
}

/** Returns the digest of a token; undefined for a text that cannot be one. */
export function readToken(text: string): string | undefined {
  return FORM.test(text) ? digestOf(text) : undefined;
}

/** 140 random bits cannot be guessed from a digest, so it need not be slow. */
function digestOf(token: string): string {
  return hash('sha256', token);
}

function randomText(length: number): string {
  return textOf(randomBytes(length));
}

function textOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => ALPHABET[byte & 31]).join('');
}
