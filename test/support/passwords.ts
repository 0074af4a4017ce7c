import { argon2Sync, randomBytes } from 'node:crypto';
import { hashPassword } from '../../src/auth/passwords.ts';
import type { Config } from '../../src/config/load.ts';

export const PASSWORD = 'a+b/c: =ü';
/** At the cost that a configuration must have. Hashing is slow on purpose; once is enough. */
export const PASSWORD_HASH = await hashPassword(PASSWORD);
/** KiB: the least that argon2id can do with (RFC 9106, section 3.1). */
const MEMORY = 8;

/**
 * The PHC string of a password at next to no cost: no configuration may have such a one, but a server in this process
 * can be handed it. A password is checked for each new server, and that would be most of the time of many tests.
 */
export function cheapHash(password: string): string {
  const nonce = randomBytes(16);
  const cost = { memory: MEMORY, passes: 1, parallelism: 1 };
  const tag = argon2Sync('argon2id', { message: password, nonce, ...cost, tagLength: 32 });
  const [salt, key] = [nonce, tag].map(bytes => bytes.toString('base64').replaceAll('=', ''));
  return `$argon2id$v=19$m=${MEMORY},t=1,p=1$${salt}$${key}`;
}

/** A loaded configuration whose users have these passwords, at next to no cost. */
export function withPasswords(config: Config, passwordOf: (user: string) => string): Config {
  return { ...config, users: config.users.map(user => ({ ...user, passwordHash: cheapHash(passwordOf(user.name)) })) };
}
