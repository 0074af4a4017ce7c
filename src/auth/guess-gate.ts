import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { Attempts } from './attempts.ts';
import { FairQueue } from './fair-queue.ts';

/** Each takes a thread and memory while it runs (19 MiB by default). */
const PARALLEL = 2;
/** Passwords that may wait, of one name at one address and in all: what is hashed within some seconds. */
const MAX_PER_LANE = 40;
const MAX_WAITING = 200;
/** Wrong passwords in a row from one address, whatever the names: an office behind one address may have that many. */
const FREE_FAILURES_OF_ADDRESS = 50;
/** One in so many names that nobody has is treated as if somebody had it. */
const DECOYS = 16;
/**
 * Lanes that those share, of one address: with one each, a flood of names would be a flood of lanes, and all have
 * turns.
 */
const DECOY_LANES = 16;

/**
 * Who may have a password checked, and when. Guesses count by address and name, and by address alone. While they flood
 * in, what costs most is names that nobody has; so all of those of an address share one lane, and wait when the address
 * has guessed too often. The names of users have lanes of their own, and some others have a few lanes together, lest
 * one could tell easily which are which.
 */
export class GuessGate {
  readonly #bySource: Attempts;
  readonly #byAddress: Attempts;
  readonly #queue = new FairQueue({ parallel: PARALLEL, maxPerLane: MAX_PER_LANE, max: MAX_WAITING });
  readonly #isUser: (name: string) => boolean;
  readonly #key = randomBytes(32).toString('base64');

  /** `isUser` is asked for a name in small letters. */
  constructor(clock: Clock, isUser: (name: string) => boolean) {
    this.#bySource = new Attempts(clock);
    this.#byAddress = new Attempts(clock, { free: FREE_FAILURES_OF_ADDRESS });
    this.#isUser = isUser;
  }

  /** Seconds that must pass before this name can be tried from this address; 0: now. */
  waitSeconds(address: string, name: string): number {
    const own = this.#bySource.waitSeconds(sourceOf(address, name));
    return this.#isLikeUser(name) ? own : Math.max(own, this.#byAddress.waitSeconds(address));
  }

  failed(address: string, name: string): void {
    this.#bySource.failed(sourceOf(address, name));
    this.#byAddress.failed(address);
  }

  /** The guess was counted, and then not looked at. */
  undo(address: string, name: string): void {
    this.#bySource.undo(sourceOf(address, name));
    this.#byAddress.undo(address);
  }

  succeeded(address: string, name: string): void {
    this.#bySource.succeeded(sourceOf(address, name));
    this.#byAddress.undo(address);
  }

  /** Checks a password when it is its turn. Throws QueueFullError. */
  run<T>(address: string, name: string, check: () => Promise<T>): Promise<T> {
    return this.#queue.run(this.#laneOf(address, name), check);
  }

  #laneOf(address: string, name: string): string {
    if (this.#isUser(name.toLowerCase())) {
      return `user ${sourceOf(address, name)}`;
    }
    return this.#isDecoy(name) ? `decoy ${this.#digest(name)[1]! % DECOY_LANES} ${address}` : `nobody ${address}`;
  }

  #isLikeUser(name: string): boolean {
    return this.#isUser(name.toLowerCase()) || this.#isDecoy(name);
  }

  #isDecoy(name: string): boolean {
    return this.#digest(name)[0]! < 256 / DECOYS;
  }

  #digest(name: string): Buffer {
    return hash('sha3-256', `${this.#key}${name.toLowerCase()}`, 'buffer');
  }
}

function sourceOf(address: string, name: string): string {
  return `${address} ${name.toLowerCase()}`;
}
