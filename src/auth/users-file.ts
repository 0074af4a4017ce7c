import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../lib/clock.ts';
import { Repeating } from '../lib/repeating.ts';
import { parseStoredHash } from './passwords.ts';
import type { User } from './user.ts';
import type { HashedUser, UserSource } from './user-source.ts';
import { type FileUser, parseUsersFile } from './users-file-text.ts';

/** A look costs one call of the file system, whatever the number of requests. */
const LOOK_MS = 1_000;

export interface UsersFileOptions {
  readonly path: string;
  /** What every user of the file may do. */
  readonly rights: Omit<User, 'name' | 'id'>;
  /** Returns true for a name, in lower case, that belongs to a user of the configuration. */
  readonly isTaken: (name: string) => boolean;
  readonly log: { info(message: string): void; warn(message: string): void };
  readonly clock: Clock;
  /** For tests: a disk that fails. */
  readonly readText?: (path: string) => Promise<string>;
}

const readUtf8 = (path: string) => readFile(path, 'utf8');

/**
 * The users of a file in htpasswd's format, which is looked at once a second. A changed file is read when two looks in
 * a row have seen the same state of it, so not while somebody writes it; one that is broken or gone changes nothing,
 * and the log says so. Polling works where notices do not: on network shares, and for files that a container mounts.
 */
export class UsersFile implements UserSource {
  #options: UsersFileOptions;
  readonly #watch: Repeating;
  #users: ReadonlyMap<string, HashedUser> = new Map();
  #version = 0;
  /** The state of the file that was read last, and the one that the last look saw. */
  #read: string | undefined;
  #seen: string | undefined;
  /** The cause of the last failure that was logged. */
  #complaint: string | undefined;

  private constructor(options: UsersFileOptions) {
    this.#options = options;
    this.#watch = new Repeating({
      work: () => this.look(),
      pauseAfter: () => LOOK_MS,
      firstAfter: LOOK_MS,
      clock: options.clock,
    });
  }

  /** Reads the file. Throws when it cannot be read or a line is wrong, with the lines. */
  static async open(options: UsersFileOptions): Promise<UsersFile> {
    const file = new UsersFile(options);
    const state = await stateOf(options.path);
    await file.#load();
    file.#read = state;
    file.#seen = state;
    return file;
  }

  get version(): number {
    return this.#version;
  }

  find(name: string): HashedUser | undefined {
    return this.#users.get(name);
  }

  sample(): HashedUser | undefined {
    const [first] = this.#users.values();
    return first;
  }

  /** Leaves these names to the configuration from now on. */
  reserve(isTaken: UsersFileOptions['isTaken']): void {
    this.#options = { ...this.#options, isTaken };
  }

  /** Throws when a user of the file has one of these names. */
  checkNames(isTaken: UsersFileOptions['isTaken']): void {
    const taken = [...this.#users.values()].filter(({ user }) => isTaken(user.name.toLowerCase()));
    if (taken.length > 0) {
      throw this.#unusable(taken.map(({ user }) => sayTaken(user.name)));
    }
  }

  start(): void {
    this.#watch.start();
  }

  stop(): Promise<void> {
    return this.#watch.stop();
  }

  /** Looks whether the file has changed. Never throws. */
  async look(): Promise<void> {
    const { path, log } = this.#options;
    const state = await stateOf(path).catch(error => `cannot be read: ${(error as Error).message}`);
    const isSettled = state === this.#seen;
    this.#seen = state;
    if (!isSettled || state === this.#read) {
      return;
    }
    try {
      await this.#load();
      this.#read = state;
      this.#complaint = undefined;
      log.info(`the users file "${path}" has changed and was read: ${this.#users.size} users`);
    } catch (error) {
      this.#complain(error as Error, state);
    }
  }

  /**
   * Says what is wrong. A file that could not be opened is tried again at the next look, since somebody may have been
   * removed from it; its cause is said once.
   */
  #complain({ message, cause }: Error, state: string): void {
    this.#read = cause === undefined ? state : undefined;
    if (cause === undefined || message !== this.#complaint) {
      this.#options.log.warn(`${message}; its users stay as they were before`);
    }
    this.#complaint = message;
  }

  async #load(): Promise<void> {
    const { path, isTaken, readText = readUtf8 } = this.#options;
    const text = await readText(path).catch(error => {
      throw new Error(`cannot read the users file "${path}": ${(error as Error).message}`, { cause: error });
    });
    const { users, problems } = parseUsersFile(text);
    const wrong = problems.map(({ line, message }) => `line ${line}: ${message}`);
    const taken = users.filter(({ name }) => isTaken(name.toLowerCase()));
    wrong.push(...taken.map(({ name }) => sayTaken(name)));
    if (wrong.length > 0) {
      throw this.#unusable(wrong);
    }
    const before = this.#users;
    this.#users = new Map(users.map(user => [user.name.toLowerCase(), this.#complete(user, before)]));
    this.#version += 1;
  }

  #unusable(wrong: readonly string[]): Error {
    return new Error(`cannot use the users file "${this.#options.path}": ${wrong.join('; ')}`);
  }

  /** A user whose line has not changed stays the same: their right password is still remembered. */
  #complete({ name, passwordHash }: FileUser, before: ReadonlyMap<string, HashedUser>): HashedUser {
    const known = before.get(name.toLowerCase());
    if (known !== undefined && known.user.name === name && known.passwordHash === passwordHash) {
      return known;
    }
    return { user: { name, ...this.#options.rights }, passwordHash, hash: parseStoredHash(passwordHash)! };
  }
}

function sayTaken(name: string): string {
  return `the user "${name}" is in the configuration as well; remove one of them`;
}

async function stateOf(path: string): Promise<string> {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  return [ino, size, mtimeNs, ctimeNs].join(' ');
}
