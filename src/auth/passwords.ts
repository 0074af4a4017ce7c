import { argon2, argon2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { compare, compareSync } from 'bcryptjs';

const hash = promisify(argon2);

/**
 * Argon2id at OWASP's recommended cost (Password Storage Cheat Sheet: 19 MiB, two passes). Several run at once when
 * clients reconnect, so RFC 9106's larger parameters would need too much memory on a small server.
 */
export const COST = { memory: 19 * 1024, passes: 2, parallelism: 1 };
const SALT_BYTES = 16;
const TAG_BYTES = 32;

export type PasswordHash = Argon2Hash | BcryptHash;

/** A bcrypt hash as htpasswd writes it. */
export interface BcryptHash {
  readonly bcrypt: string;
}

/** A hash of argon2id. */
export interface Argon2Hash {
  /** In KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** Parses a PHC string of argon2id; returns undefined when it is not one. */
export function parsePasswordHash(text: string): Argon2Hash | undefined {
  const match = /^\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,4})\$([\w+/]{11,})\$([\w+/]{22,})$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [memory, passes, parallelism] = match.slice(1, 4).map(Number) as [number, number, number];
  return { memory, passes, parallelism, salt: Buffer.from(match[4]!, 'base64'), tag: Buffer.from(match[5]!, 'base64') };
}

/** Parses a hash of a users file, of either kind; returns undefined when it is neither. */
export function parseStoredHash(text: string): PasswordHash | undefined {
  return /^\$2[aby]\$/.test(text) ? { bcrypt: text } : parsePasswordHash(text);
}

/** Hashes a password to a PHC string, for `users[].passwordHash`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await derive(password, { ...COST, salt, tag: Buffer.alloc(TAG_BYTES) });
  const { memory, passes, parallelism } = COST;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${encode(salt)}$${encode(tag)}`;
}

/** Returns true when a password has this hash; takes the same time in both cases. */
export async function verifyPassword(password: string, expected: PasswordHash): Promise<boolean> {
  return 'bcrypt' in expected
    ? compare(password, expected.bcrypt)
    : timingSafeEqual(await derive(password, expected), expected.tag);
}

/** Like `verifyPassword`, but blocks the thread. */
export function verifyPasswordNow(password: string, expected: PasswordHash): boolean {
  return 'bcrypt' in expected
    ? compareSync(password, expected.bcrypt)
    : timingSafeEqual(argon2Sync('argon2id', parametersOf(password, expected)), expected.tag);
}

function derive(password: string, expected: Argon2Hash): Promise<Buffer> {
  return hash('argon2id', parametersOf(password, expected));
}

function parametersOf(password: string, { memory, passes, parallelism, salt, tag }: Argon2Hash) {
  return { message: password, nonce: salt, memory, passes, parallelism, tagLength: tag.length };
}

/** Encodes bytes in base64; the PHC format omits the padding. */
function encode(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
