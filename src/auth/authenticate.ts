import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import type { Audit } from './audit.ts';
import { type BasicCredentials, parseAuthorization } from './basic.ts';
import { readDevicePassword } from './device-password.ts';
import type { Verdict } from './door.ts';
import { QueueFullError } from './fair-queue.ts';
import { GuessGate } from './guess-gate.ts';
import { GuessMemory } from './guess-memory.ts';
import { HashThreads } from './hash-threads.ts';
import { readOncePerConnection } from './once-per-connection.ts';
import { COST, type PasswordHash, parsePasswordHash } from './passwords.ts';
import type { User } from './user.ts';

/** A user with a password of their own. */
export interface UserRecord extends User {
  /** An argon2id hash as a PHC string. */
  readonly passwordHash: string;
}

/** Bounds what a guess puts into the log. */
const MAX_NAME_LENGTH = 200;
/** Waiting passwords are hashed within a second or two. */
const RETRY_AFTER_SECONDS = 2;

export interface AuthenticatorOptions {
  readonly users: readonly UserRecord[];
  /** How long a right password is accepted without hashing it again. */
  readonly cacheSeconds: number;
  readonly clock: Clock;
  /** Whether somebody without a password here has this name, in lower case: guesses at it count as at a user. */
  readonly isPerson?: (name: string) => boolean;
  /** Is told of each counted wrong guess. */
  readonly audit?: Audit;
  /** For tests that count the cost of a guess. */
  readonly verify?: (password: string, expected: PasswordHash) => Promise<boolean>;
}

/**
 * `connection` is the same object for all requests of one connection. `detail` goes into the audit trail when the
 * password is wrong.
 */
export type Authenticate = (
  authorization: string | undefined,
  address: string,
  connection?: object,
  detail?: Readonly<Record<string, string | undefined>>,
) => Promise<Verdict>;

const threads = new HashThreads();

/**
 * Creates a function that finds the user of a request. DAV clients send the password each time, so a right one is
 * remembered for a while, under a keyed hash. An unknown name costs as much as a wrong password. For the limits of
 * guessing see docs/decisions/0009.
 */
export function createAuthenticator({
  users,
  cacheSeconds,
  clock,
  isPerson = () => false,
  audit = () => {},
  verify = (password, expected) => threads.verify(password, expected),
}: AuthenticatorOptions): Authenticate {
  const records = new Map(users.map(user => [user.name.toLowerCase(), prepare(user)]));
  const nobody = decoyOf([...records.values()]);
  const memory = new GuessMemory<User>({ cacheSeconds, clock });
  const underWay = new Map<string, Promise<User | undefined>>();
  const gate = new GuessGate(clock, name => records.has(name) || isPerson(name));

  const check = async ({ name, password }: BasicCredentials, address: string): Promise<User | undefined> => {
    if (records.size === 0) {
      // No password has a hash, so no answer takes longer than another.
      return undefined;
    }
    const record = records.get(name.toLowerCase());
    const isRight = await gate.run(address, name, () => verify(password, record?.hash ?? nobody));
    return isRight ? record?.user : undefined;
  };
  const checkOnce = (credentials: BasicCredentials, fingerprint: string, address: string) => {
    const running =
      underWay.get(fingerprint) ?? check(credentials, address).finally(() => underWay.delete(fingerprint));
    underWay.set(fingerprint, running);
    return running;
  };
  const checkReadings = async (readings: readonly BasicCredentials[], address: string): Promise<User | undefined> => {
    for (const reading of readings) {
      const fingerprint = memory.fingerprintOf(reading);
      const user = await checkOnce(reading, fingerprint, address);
      if (user !== undefined) {
        memory.wasRight(fingerprint, user);
        return user;
      }
    }
    return undefined;
  };

  const read = readOncePerConnection(header => {
    const parsed = parseAuthorization(header);
    const readings = parsed.kind === 'basic' ? parsed.readings : [];
    return { readings, fingerprints: readings.map(reading => memory.fingerprintOf(reading)) };
  });

  return async (authorization, address, connection, detail) => {
    const { readings, fingerprints } = read(authorization, connection);
    if (readings.length === 0) {
      return { refused: 'missing' };
    }
    const known = memory.recall(fingerprints, address);
    if (known !== undefined) {
      return known === 'wrong' ? { refused: 'wrong' } : { user: known };
    }
    const { name } = readings[0]!;
    const retryAfterSeconds = memory.wasEverRight(fingerprints) ? 0 : gate.waitSeconds(address, name);
    if (retryAfterSeconds > 0) {
      return { refused: 'blocked', retryAfterSeconds };
    }
    // Counted before the result is known: concurrent guesses must not all slip through. Repeating one guess counts
    // once.
    const isCounted = !underWay.has(fingerprints[0]!);
    if (isCounted) {
      gate.failed(address, name);
    }
    try {
      const user = await checkReadings(readings, address);
      if (user === undefined) {
        memory.wasWrong(fingerprints[0]!, address);
        if (isCounted) {
          audit({ event: 'credentials-refused', user: attemptedName(name), address, detail });
        }
        return { refused: 'wrong' };
      }
      gate.succeeded(address, name);
      return { user };
    } catch (error) {
      if (!(error instanceof QueueFullError)) {
        throw error;
      }
      if (isCounted) {
        gate.undo(address, name);
      }
      return { refused: 'busy', retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
  };
}

/** Some people paste the password into the field of the name. */
function attemptedName(name: string): string {
  return readDevicePassword(name) === undefined ? name.slice(0, MAX_NAME_LENGTH) : '[a device password]';
}

function prepare({ passwordHash, ...user }: UserRecord): { user: User; hash: PasswordHash } {
  const hash = parsePasswordHash(passwordHash);
  if (hash === undefined) {
    throw new TypeError(`the password hash of user "${user.name}" is not argon2id in PHC format`);
  }
  return { user, hash };
}

/** Returns a hash that matches no password and is as costly as a real one. */
function decoyOf(records: readonly { hash: PasswordHash }[]): PasswordHash {
  const { memory, passes, parallelism, tag } = records[0]?.hash ?? {
    ...COST,
    tag: Buffer.alloc(32),
  };
  return { memory, passes, parallelism, salt: randomBytes(16), tag: randomBytes(tag.length) };
}
