import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The encoding of stored plans; lists omit unreadable ones. */
export interface PlanCoding {
  encode(plan: string): string;
  decode(text: string): string | undefined;
}

export const PLAIN: PlanCoding = { encode: plan => plan, decode: text => text };

/** Beside the state, so that a copy of the database alone reveals nothing. */
const FILE = 'state.key';
const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts secrets at rest with a key of `KEY_BYTES`. */
export function createSealing(key: Uint8Array): PlanCoding {
  return {
    encode: text => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    decode: text => {
      const bytes = Buffer.from(text, 'base64');
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES));
        decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        const rest = bytes.subarray(NONCE_BYTES + TAG_BYTES);
        return Buffer.concat([decipher.update(rest), decipher.final()]).toString('utf8');
      } catch {
        // Sealed with another key, or broken.
        return undefined;
      }
    },
  };
}

/** Returns a function that makes digests which nobody without the key can find a text for, not even a short one. */
export function createDigest(key: Uint8Array): (text: string) => string {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'digests', KEY_BYTES));
  return text => createHmac('sha256', own).update(text).digest('base64url');
}

/**
 * Makes a code that proves a text to come from a server of this state: nobody else can make one, and one of a purpose is
 * good for no other. All servers of a state make the same one, also after a restart.
 */
export type MakeCode = (purpose: string, text: string) => string;

/** Returns the maker of codes of a key: an HMAC under a key of its own, in characters that cookies and URLs may hold. */
export function createCodes(key: Uint8Array): MakeCode {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'codes', KEY_BYTES));
  return (purpose, text) => createHmac('sha256', own).update(`${purpose}\0${text}`).digest('base64url');
}

/** Returns the key in the data folder, creating it if necessary. */
export function ownKey(dataDir: string): Buffer {
  const file = join(dataDir, FILE);
  const known = existsSync(file) ? readFileSync(file) : undefined;
  if (known?.length === KEY_BYTES) {
    return known;
  }
  const made = randomBytes(KEY_BYTES);
  writeFileSync(file, made, { mode: 0o600 });
  chmodSync(file, 0o600);
  return made;
}
