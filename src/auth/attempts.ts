import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';

/** Wrong passwords in a row that a person may type. */
const FREE_FAILURES = 10;
const FIRST_BLOCK_MS = 5_000;
const LONGEST_BLOCK_MS = 5 * 60_000;
/** Sources that are remembered; the longest unseen go first. */
const MAX_SOURCES = 10_000;

/** Counts wrong passwords by source (address and name) and makes a source wait that goes on guessing. A right one clears it. */
export class Attempts {
  readonly #clock: Clock;
  readonly #failures = new LRUCache<string, { count: number; until: number }>({ max: MAX_SOURCES, ttl: 60 * 60_000 });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Seconds that this source must wait; 0 when it may try. */
  waitSeconds(source: string): number {
    const until = this.#failures.get(source)?.until ?? 0;
    return Math.max(0, Math.ceil((until - this.#clock.now()) / 1000));
  }

  failed(source: string): void {
    const count = (this.#failures.get(source)?.count ?? 0) + 1;
    const excess = count - FREE_FAILURES;
    const block = excess < 0 ? 0 : Math.min(FIRST_BLOCK_MS * 2 ** excess, LONGEST_BLOCK_MS);
    this.#failures.set(source, { count, until: this.#clock.now() + block });
  }

  succeeded(source: string): void {
    this.#failures.delete(source);
  }
}
