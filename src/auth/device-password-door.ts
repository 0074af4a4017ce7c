import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import type { AdmittedPerson, People, Person } from '../people/people.ts';
import type { DevicePassword, DevicePasswordStore } from '../state/device-password-store.ts';
import type { Audit } from './audit.ts';
import { parseAuthorization } from './basic.ts';
import { type DevicePasswordReading, readDevicePassword } from './device-password.ts';
import type { Door, Verdict } from './door.ts';
import { readOncePerConnection } from './once-per-connection.ts';
import type { User } from './user.ts';

/** The last use is written no more often, except for a new address. */
const USE_MS = 60_000;
/** The maximum number of known pairs of password and address; a forgotten one costs a further write. */
const MAX_KNOWN = 10_000;
/** The maximum number of narrowed users per person; a person has some 20 passwords. */
const MAX_NARROWED = 50;
/** Bounds what a client can have stored. */
const MAX_CLIENT_LENGTH = 200;

/** Why a device password is refused; for the audit trail, never for the client. */
export type DeviceRefusal =
  | 'mistyped'
  | 'unknown or revoked'
  | 'expired'
  | 'not admitted'
  | 'the name of somebody else';

/** What is known of a device password; of a wrong one the reason. */
export type DeviceVerdict = Exclude<Verdict, { refused: 'missing' | 'wrong' }> | { readonly wrong: DeviceRefusal };

/**
 * Checks Basic credentials whose password has the form of a device password; undefined: it has another form. Counting
 * guesses is the caller's.
 */
export type CheckDevicePassword = (...request: Parameters<Door>) => Promise<DeviceVerdict> | undefined;

export interface DevicePasswordOptions {
  readonly store: Pick<DevicePasswordStore, 'find' | 'used'>;
  readonly people: Pick<People, 'find' | 'pending'>;
  readonly audit: Audit;
  readonly log: { warn(fields: object, message: string): void };
  readonly clock: Clock;
}

/**
 * Creates the check of device passwords. The password is looked up anew for each request, so a revoked one is refused
 * on the next, also on an open connection. No look-up waits for the limits of guessing: the right password passes
 * always, and 145 random bits cannot be guessed.
 */
export function createDevicePasswordCheck(options: DevicePasswordOptions): CheckDevicePassword {
  const read = readOncePerConnection(readCredentials);
  const narrow = createNarrowing();
  const recordUse = createUseRecord(options);
  const check = async (
    credentials: DeviceCredentials,
    { headers }: Parameters<Door>[0],
    address: string,
  ): Promise<DeviceVerdict> => {
    const { reading } = credentials;
    const password = typeof reading === 'object' ? await options.store.find(reading.digest) : undefined;
    if (password === undefined) {
      return { wrong: reading === 'mistyped' ? 'mistyped' : 'unknown or revoked' };
    }
    const owner = ownerOf(password, options);
    if ('wrong' in owner || 'refused' in owner) {
      return owner;
    }
    if (!isOwn(credentials, owner.person, password)) {
      return { wrong: 'the name of somebody else' };
    }
    const user = narrow(owner.user, password);
    const recording = recordUse(password, { user, address, headers });
    if (recording !== undefined) {
      await recording;
    }
    return { user };
  };
  return (request, address) => {
    const credentials = read(request.headers.authorization, request.socket);
    return credentials && check(credentials, request, address);
  };
}

interface DeviceCredentials {
  /** In lower case; more than one where the client's encoding is ambiguous. */
  readonly names: readonly string[];
  readonly reading: NonNullable<DevicePasswordReading>;
  /** Whose names were found to be these; comparing them anew for each request would cost as much as the look-up. */
  known?: Person;
}

function readCredentials(header: string | undefined): DeviceCredentials | undefined {
  const parsed = parseAuthorization(header);
  const readings = parsed.kind === 'basic' ? parsed.readings : [];
  const reading = readings.map(({ password }) => readDevicePassword(password)).find(each => each !== undefined);
  return reading && { names: readings.map(({ name }) => fold(name)), reading };
}

function ownerOf(
  { userId, expires }: DevicePassword,
  { people, clock }: DevicePasswordOptions,
): AdmittedPerson | Exclude<DeviceVerdict, { user: User }> {
  if (expires !== undefined && expires <= clock.now()) {
    return { wrong: 'expired' };
  }
  const owner = people.find(userId);
  if (owner !== undefined) {
    return owner;
  }
  const wait = people.pending();
  return wait === undefined ? { wrong: 'not admitted' } : { refused: 'unknown', ...wait };
}

function isOwn(credentials: DeviceCredentials, person: Person, password: DevicePassword): boolean {
  // The digest in the credentials stands for one password.
  if (credentials.known !== person && isNameOf(credentials.names, person, password)) {
    credentials.known = person;
  }
  return credentials.known === person;
}

/** The owner's names: the address, today's and that of the password's time, the mail address, and what is before @. */
function isNameOf(names: readonly string[], { principal, mail = principal }: Person, password: DevicePassword) {
  const addresses = [principal, mail, password.principal].map(fold);
  return names.some(name => addresses.some(address => name === address || name === address.split('@', 1)[0]));
}

function fold(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

/**
 * A narrowed user is the same object as long as the person's user is: views and caches are kept by it. A password on a
 * device opens files; it makes nobody an operator.
 */
function createNarrowing(): (user: User, password: DevicePassword) => User {
  const narrowed = new WeakMap<User, LRUCache<string, User>>();
  return (user, { readOnly, below }) => {
    if (!readOnly && below === undefined && !user.isOperator) {
      return user;
    }
    const known = narrowed.get(user) ?? new LRUCache<string, User>({ max: MAX_NARROWED });
    narrowed.set(user, known);
    const key = JSON.stringify([readOnly, below]);
    const same = known.get(key);
    if (same !== undefined) {
      return same;
    }
    const limits = { ...(readOnly && { readOnly }), ...(below !== undefined && { below }) };
    const { isOperator: _, ...rest } = user;
    const fresh = { ...rest, rights: { ...user.rights, ...limits } };
    known.set(key, fresh);
    return fresh;
  };
}

interface Use {
  readonly user: User;
  readonly address: string;
  readonly headers: Parameters<Door>[0]['headers'];
}

/** Records uses: at once from a new address, otherwise once in a while. Returns undefined when there is nothing to do. */
function createUseRecord(options: DevicePasswordOptions) {
  const known = new LRUCache<string, true>({ max: MAX_KNOWN });
  return (password: DevicePassword, use: Use): Promise<void> | undefined => {
    const { id, lastUse } = password;
    const at = options.clock.now();
    const isKnown = lastUse?.address === use.address || known.has(`${id} ${use.address}`);
    if (lastUse !== undefined && isKnown && Math.abs(at - lastUse.at) < USE_MS) {
      return undefined;
    }
    known.set(`${id} ${use.address}`, true);
    return record(password, use, { ...options, at });
  };
}

async function record(
  { id, name }: DevicePassword,
  { user, address, headers }: Use,
  { store, audit, log, at }: DevicePasswordOptions & { readonly at: number },
): Promise<void> {
  const client = (headers['user-agent'] ?? '').slice(0, MAX_CLIENT_LENGTH);
  try {
    if (await store.used(id, { at, address, client })) {
      const detail = { device: name, id, client };
      audit({ event: 'password-used-from-new-address', user: user.name, address, detail });
    }
  } catch (error) {
    // The person has the right password: a state that cannot be written must not shut anybody out.
    log.warn({ err: error, user: user.name }, 'could not record the use of a device password');
  }
}
