import { hash, randomBytes } from 'node:crypto';
import type { Clock } from '../lib/clock.ts';
import { Attempts, type AttemptsOptions } from './attempts.ts';
import { FairQueue } from './fair-queue.ts';

/** Each takes a thread and memory while it runs (19 MiB by default). */
const PARALLEL = 2;
/**
 * The maximum number of waiting passwords, for one name at one address and in total: as many as are hashed within some
 * seconds.
 */
const MAX_PER_LANE = 40;
const MAX_WAITING = 200;
/** Wrong passwords in a row from one address, for any names: an office behind one address may have that many. */
const FREE_FAILURES_OF_ADDRESS = 50;
/** One in so many unknown names is treated like a user's. */
const DECOYS = 16;
/**
 * The number of lanes that these names share per address: with a lane each, a flood of names would be a flood of lanes,
 * each with its turn.
 */
const DECOY_LANES = 16;

export interface GuessGateOptions extends Pick<AttemptsOptions, 'shared'> {
  readonly isUser?: (name: string) => boolean;
}

/**
 * Decides when a password may be checked. Guesses count by address and name, and by address alone. In a flood of
 * guesses, unknown names cost most; so all those of an address share one lane, and wait when the address has guessed
 * too often. Users' names have lanes of their own, and some unknown names share a few lanes, so that the two are hard
 * to tell apart.
 */
export class GuessGate {
  readonly #bySource: Attempts;
  readonly #byAddress: Attempts;
  readonly #queue = new FairQueue({ parallel: PARALLEL, maxPerLane: MAX_PER_LANE, max: MAX_WAITING });
  #isUser: (name: string) => boolean;
  readonly #key = randomBytes(32).toString('base64');

  /** `isUser` gets the name in lower case. `shared`: see `Attempts`. */
  constructor(clock: Clock, { isUser = () => false, shared }: GuessGateOptions = {}) {
    const sharedBy = (what: string) => shared && { ...shared, gate: `${shared.gate} by ${what}` };
    this.#bySource = new Attempts(clock, { shared: sharedBy('source') });
    this.#byAddress = new Attempts(clock, { shared: sharedBy('address'), free: FREE_FAILURES_OF_ADDRESS });
    this.#isUser = isUser;
  }

  /** Does not count what others count any more. */
  end(): void {
    this.#bySource.end();
    this.#byAddress.end();
  }

  /** Goes on for other users; what has been guessed still counts. */
  takeFor(isUser: (name: string) => boolean): void {
    this.#isUser = isUser;
  }

  /** Returns the seconds before this name can be tried from this address; 0: now. */
  waitSeconds(address: string, name: string): number {
    const own = this.#bySource.waitSeconds(sourceOf(address, name));
    return this.#isLikeUser(name) ? own : Math.max(own, this.#byAddress.waitSeconds(address));
  }

  /** Counts a failure; resolves when other servers count it as well. */
  async failed(address: string, name: string): Promise<void> {
    await Promise.all([this.#bySource.failed(sourceOf(address, name)), this.#byAddress.failed(address)]);
  }

  /** Takes back a guess that was counted but not checked. */
  undo(address: string, name: string): void {
    this.#bySource.undo(sourceOf(address, name));
    this.#byAddress.undo(address);
  }

  succeeded(address: string, name: string): void {
    this.#bySource.succeeded(sourceOf(address, name));
    this.#byAddress.undo(address);
  }

  /** Checks a password in its turn. Throws QueueFullError. */
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
