import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import { Attempts } from './attempts.ts';
import { type BasicCredentials, parseAuthorization } from './basic.ts';
import { COST, type PasswordHash, parsePasswordHash, verifyPassword } from './passwords.ts';

/** Somebody who may use the server, as the config says. */
export interface User {
  readonly name: string;
  readonly mounts: '*' | readonly string[];
  readonly access: 'read' | 'write';
}

export interface UserRecord extends User {
  /** PHC string of argon2id. */
  readonly passwordHash: string;
}

export type Verdict =
  | { readonly user: User }
  | { readonly refused: 'missing' | 'wrong' }
  | { readonly refused: 'blocked'; readonly retryAfterSeconds: number };

export interface AuthenticatorOptions {
  readonly users: readonly UserRecord[];
  /** How long a right password is taken as right without hashing it again. */
  readonly cacheSeconds: number;
  readonly clock: Clock;
  /** For tests that count how much work a guess costs. */
  readonly verify?: typeof verifyPassword;
}

export type Authenticate = (authorization: string | undefined, address: string) => Promise<Verdict>;

const MAX_CACHED = 1_000;
/** Each takes memory while it runs (19 MiB by default); more side by side would be a way to fill it. */
const MAX_PARALLEL_HASHES = 4;
/** Guesses that may wait for their turn. */
const MAX_WAITING = 200;

/**
 * Finds the user of a request. DAV clients send the password each time, so a right one is remembered, under a keyed hash, for a while.
 * A name that does not exist costs what a wrong password costs.
 */
export function createAuthenticator({
  users,
  cacheSeconds,
  clock,
  verify = verifyPassword,
}: AuthenticatorOptions): Authenticate {
  const records = new Map(users.map(user => [user.name.toLowerCase(), prepare(user)]));
  const nobody = decoyOf([...records.values()]);
  const verified = new LRUCache<string, User>({ max: MAX_CACHED, ttl: Math.max(1, cacheSeconds * 1000), perf: clock });
  const underWay = new Map<string, Promise<User | undefined>>();
  const fingerprintOf = createFingerprint();
  const attempts = new Attempts(clock);
  const limited = createLimiter(MAX_PARALLEL_HASHES, MAX_WAITING);

  const check = async ({ name, password }: BasicCredentials): Promise<User | undefined> => {
    const record = records.get(name.toLowerCase());
    const isRight = await limited(() => verify(password, record?.hash ?? nobody));
    return isRight ? record?.user : undefined;
  };
  const checkOnce = (credentials: BasicCredentials, fingerprint: string): Promise<User | undefined> => {
    const running = underWay.get(fingerprint) ?? check(credentials).finally(() => underWay.delete(fingerprint));
    underWay.set(fingerprint, running);
    return running;
  };

  return async (authorization, address) => {
    const parsed = parseAuthorization(authorization);
    if (parsed.kind !== 'basic') {
      return { refused: 'missing' };
    }
    const source = `${address} ${parsed.readings[0]!.name.toLowerCase()}`;
    const fingerprints = parsed.readings.map(fingerprintOf);
    const cached =
      cacheSeconds > 0
        ? fingerprints.map(fingerprint => verified.get(fingerprint)).find(user => user !== undefined)
        : undefined;
    if (cached !== undefined) {
      return { user: cached };
    }
    const retryAfterSeconds = attempts.waitSeconds(source);
    if (retryAfterSeconds > 0) {
      return { refused: 'blocked', retryAfterSeconds };
    }
    // Counted before the answer is known: guesses sent side by side must not all slip through. One guess sent often is one.
    if (!underWay.has(fingerprints[0]!)) {
      attempts.failed(source);
    }
    for (const [index, reading] of parsed.readings.entries()) {
      const user = await checkOnce(reading, fingerprints[index]!);
      if (user !== undefined) {
        verified.set(fingerprints[index]!, user);
        attempts.succeeded(source);
        return { user };
      }
    }
    return { refused: 'wrong' };
  };
}

/**
 * What is remembered in place of a password: a keyed hash. SHA-3 is one with its key in front ("Strengths of Keccak", keccak.team). That is one
 * call; an HMAC would make objects for each request that cost more than all else in the check.
 */
function createFingerprint(): (credentials: BasicCredentials) => string {
  const key = randomBytes(32).toString('base64');
  return ({ name, password }) => hash('sha3-256', `${key}${name}\0${password}`, 'base64');
}

function prepare({ name, mounts, access, passwordHash }: UserRecord): { user: User; hash: PasswordHash } {
  const hash = parsePasswordHash(passwordHash);
  if (hash === undefined) {
    throw new TypeError(`the password hash of user "${name}" is not argon2id in PHC format`);
  }
  return { user: { name, mounts, access }, hash };
}

/** A hash that no password has, as costly as a real one. */
function decoyOf(records: readonly { hash: PasswordHash }[]): PasswordHash {
  const { memory, passes, parallelism, tag } = records[0]?.hash ?? {
    ...COST,
    tag: Buffer.alloc(32),
  };
  return { memory, passes, parallelism, salt: randomBytes(16), tag: randomBytes(tag.length) };
}

/** Lets `parallel` tasks run at once and `waiting` more wait; throws for those beyond. */
function createLimiter(parallel: number, waiting: number): <T>(task: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let active = 0;
  return async task => {
    if (active >= parallel) {
      if (queue.length >= waiting) {
        throw new Error('too many passwords are being checked');
      }
      await new Promise<void>(resolve => queue.push(resolve));
    }
    active += 1;
    try {
      return await task();
    } finally {
      active -= 1;
      queue.shift()?.();
    }
  };
}
