import { randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { attemptedName } from './attempt.ts';
import type { Audit } from './audit.ts';
import { type BasicCredentials, parseAuthorization } from './basic.ts';
import type { Verdict } from './door.ts';
import { QueueFullError } from './fair-queue.ts';
import { GuessGate, type GuessGateOptions } from './guess-gate.ts';
import { GuessMemory } from './guess-memory.ts';
import { HashThreads } from './hash-threads.ts';
import { readOncePerConnection } from './once-per-connection.ts';
import { type PasswordHash, parsePasswordHash } from './passwords.ts';
import type { User } from './user.ts';
import type { HashedUser, UserSource } from './user-source.ts';

/** A user with a password of their own. */
export interface UserRecord extends User {
  /** An argon2id hash as a PHC string. */
  readonly passwordHash: string;
}

/** 31 characters of bcrypt's base 64; the last two bits of a real checksum are zero, and these are not. */
const NO_CHECKSUM = '9'.repeat(31);
/** Waiting passwords are hashed within a second or two. */
const RETRY_AFTER_SECONDS = 2;

/** What is known of passwords and guesses; it outlives the authenticator. */
export interface GuessParts {
  readonly memory: GuessMemory<HashedUser>;
  readonly gate: GuessGate;
}

export interface AuthenticatorOptions {
  readonly users: readonly UserRecord[];
  /** What earlier authenticators have learnt. Absent: nothing. */
  readonly guesses?: GuessParts;
  /** Returns the same object for a user who has not changed: then the right password is still remembered. */
  readonly prepare?: (user: UserRecord) => HashedUser;
  /** Calls `change` when these users take the place of those before; at once where there were none. */
  readonly whenTaken?: (change: () => void) => void;
  /** Further users; those of `users` come first. */
  readonly more?: UserSource;
  /** How long a right password is accepted without hashing it again. */
  readonly cacheSeconds: number;
  readonly clock: Clock;
  /** Whether somebody without a password here has this name, in lower case: guesses at it count as at a user. */
  readonly isPerson?: (name: string) => boolean;
  /** Is told of each counted wrong guess. */
  readonly audit?: Audit;
  /** Is told of each refusal that is no new guess: a repeated wrong password, or too many guesses. */
  readonly auditRefusal?: Audit;
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
  more,
  cacheSeconds,
  clock,
  isPerson = () => false,
  prepare = prepareUser,
  guesses: { memory, gate } = createGuesses({ cacheSeconds, clock }),
  whenTaken = change => change(),
  audit = () => {},
  auditRefusal = () => {},
  verify = (password, expected) => threads.verify(password, expected),
}: AuthenticatorOptions): Authenticate {
  const records = new Map(users.map(user => [user.name.toLowerCase(), prepare(user)]));
  const recordOf = (name: string) => records.get(name.toLowerCase()) ?? more?.find(name.toLowerCase());
  const sample = () => records.values().next().value ?? more?.sample();
  const decoy = createDecoy();
  const underWay = new Map<string, Promise<HashedUser | undefined>>();
  const isUser = (name: string) => recordOf(name) !== undefined || isPerson(name);
  const sources = [...records.values(), ...(more === undefined ? [] : [more])];
  whenTaken(() => {
    gate.takeFor(isUser);
    memory.takeOver(sources, known => recordOf(known.user.name) === known);
  });
  let version = more?.version;

  const check = async ({ name, password }: BasicCredentials, address: string): Promise<HashedUser | undefined> => {
    const record = recordOf(name);
    const like = record ?? sample();
    if (like === undefined) {
      // No password has a hash, so no answer takes longer than another.
      return undefined;
    }
    const hash = record?.hash ?? decoy(like.hash);
    const isRight = await gate.run(address, name, () => verify(password, hash));
    return isRight ? record : undefined;
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
      const record = await checkOnce(reading, fingerprint, address);
      // A change of the users while the password was checked counts at once.
      if (record !== undefined && recordOf(record.user.name) === record) {
        memory.wasRight(fingerprint, record);
        return record.user;
      }
    }
    return undefined;
  };
  const recall = (fingerprints: readonly string[], address: string): User | 'wrong' | undefined => {
    if (version !== more?.version) {
      version = more?.version;
      memory.forgetWrong();
    }
    const known = memory.recall(fingerprints, address);
    if (known === undefined || known === 'wrong') {
      return known;
    }
    return recordOf(known.user.name) === known ? known.user : undefined;
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
    const known = recall(fingerprints, address);
    const { name } = readings[0]!;
    const tellRefusal = (reason: string) =>
      auditRefusal({
        event: 'credentials-refused',
        user: attemptedName(name),
        address,
        detail: { ...detail, reason: detail?.reason ?? reason },
      });
    if (known === 'wrong') {
      tellRefusal('repeated');
      return { refused: 'wrong' };
    }
    if (known !== undefined) {
      return { user: known };
    }
    const retryAfterSeconds = memory.wasEverRight(fingerprints) ? 0 : gate.waitSeconds(address, name);
    if (retryAfterSeconds > 0) {
      tellRefusal('too many wrong passwords');
      return { refused: 'blocked', retryAfterSeconds };
    }
    const versionBefore = more?.version;
    // Counted before the result is known: concurrent guesses must not all slip through. Repeating one guess counts
    // once.
    const isCounted = !underWay.has(fingerprints[0]!);
    const told = isCounted ? gate.failed(address, name) : undefined;
    try {
      const user = await checkReadings(readings, address);
      if (user === undefined) {
        if (versionBefore === more?.version) {
          memory.wasWrong(fingerprints[0]!, address);
        }
        if (isCounted) {
          audit({ event: 'credentials-refused', user: attemptedName(name), address, detail });
        }
        await told;
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

/** Creates what authenticators learn. */
export function createGuesses(
  options: GuessGateOptions & { readonly cacheSeconds: number; readonly clock: Clock },
): GuessParts {
  return { memory: new GuessMemory(options), gate: new GuessGate(options.clock, options) };
}

/** Reads a user's hash. Throws TypeError when it is none; the configuration has checked it. */
export function prepareUser({ passwordHash, ...user }: UserRecord): HashedUser {
  const hash = parsePasswordHash(passwordHash);
  if (hash === undefined) {
    throw new TypeError(`the password hash of user "${user.name}" is not argon2id in PHC format`);
  }
  return { user, passwordHash, hash };
}

/** Returns a function that makes a hash that no password has and that costs as much as a real one. */
function createDecoy(): (like: PasswordHash) => PasswordHash {
  const [salt, tag] = [randomBytes(16), randomBytes(64)];
  return like =>
    'bcrypt' in like
      ? // The salt of a real hash, and a checksum that none has: the last character of one is even.
        { bcrypt: `${like.bcrypt.slice(0, 29)}${NO_CHECKSUM}` }
      : { ...like, salt, tag: tag.subarray(0, like.tag.length) };
}
