import { hash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';
import type { BasicCredentials } from './basic.ts';

const MAX_RIGHT = 1_000;
const MAX_WRONG = 10_000;
/** A device with an old password sends it every few seconds, for weeks. */
const WRONG_MS = 60 * 60_000;
const EVER_RIGHT_MS = 7 * 24 * 60 * 60_000;

/**
 * Remembers the results of password checks. Passwords are stored only as a keyed hash. It is process-wide and not
 * shared.
 */
export class GuessMemory<User extends object> {
  readonly #key = randomBytes(32).toString('base64');
  readonly #right: LRUCache<string, User>;
  readonly #wrong: LRUCache<string, true>;
  readonly #everRight: LRUCache<string, true>;
  readonly #isCaching: boolean;
  /** The users whose passwords are remembered, and where others come from. */
  #sources: readonly object[] = [];

  /** `cacheSeconds`: how long a right password is accepted without hashing; 0: it is hashed each time. */
  constructor({ cacheSeconds, clock }: { cacheSeconds: number; clock: Clock }) {
    this.#isCaching = cacheSeconds > 0;
    this.#right = new LRUCache({ ...atMost(MAX_RIGHT), ttl: Math.max(1, cacheSeconds * 1000), perf: clock });
    this.#wrong = new LRUCache({ ...atMost(MAX_WRONG), ttl: WRONG_MS, perf: clock });
    this.#everRight = new LRUCache({ ...atMost(MAX_RIGHT), ttl: EVER_RIGHT_MS, perf: clock });
  }

  /**
   * Returns the fingerprint stored in place of a password. SHA-3 is a keyed hash when the key is a prefix ("Strengths
   * of Keccak", keccak.team). This is one call; an HMAC would create objects for each request that cost more than the
   * rest of the check.
   */
  fingerprintOf({ name, password }: BasicCredentials): string {
    return hash('sha3-256', `${this.#key}${name}\0${password}`, 'base64');
  }

  /**
   * Returns the password's user, or `wrong` when it was wrong the last time it came from this address: a repeated wrong
   * guess counts once.
   */
  recall(fingerprints: readonly string[], address: string): User | 'wrong' | undefined {
    for (const fingerprint of fingerprints) {
      const user = this.#isCaching ? this.#right.get(fingerprint) : undefined;
      if (user !== undefined) {
        return user;
      }
    }
    return this.#wrong.has(wrongKey(fingerprints[0]!, address)) ? 'wrong' : undefined;
  }

  /** Returns true for a password that was right before: it is not a guess, even when it must be hashed again. */
  wasEverRight(fingerprints: readonly string[]): boolean {
    return fingerprints.some(fingerprint => this.#everRight.has(fingerprint));
  }

  wasRight(fingerprint: string, user: User): void {
    this.#right.set(fingerprint, user);
    this.#everRight.set(fingerprint, true);
  }

  /**
   * Goes on for these users. Where they differ from those before, the right passwords of those who are not among them
   * any more are forgotten at once, and all wrong ones.
   */
  takeOver(sources: readonly object[], isCurrent: (user: User) => boolean): void {
    const before = this.#sources;
    this.#sources = sources;
    if (sources.length === before.length && sources.every((source, index) => source === before[index])) {
      return;
    }
    for (const [fingerprint, user] of [...this.#right.entries()]) {
      if (!isCurrent(user)) {
        this.#right.delete(fingerprint);
        this.#everRight.delete(fingerprint);
      }
    }
    this.forgetWrong();
  }

  /** Forgets wrong passwords: they may be right now. */
  forgetWrong(): void {
    this.#wrong.clear();
  }

  wasWrong(fingerprint: string, address: string): void {
    this.#wrong.set(wrongKey(fingerprint, address), true);
  }
}

function wrongKey(fingerprint: string, address: string): string {
  return `${address} ${fingerprint}`;
}
