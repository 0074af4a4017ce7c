import { hash, randomBytes } from 'node:crypto';

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
  return Array.from(randomBytes(length), byte => ALPHABET[byte & 31]).join('');
}
