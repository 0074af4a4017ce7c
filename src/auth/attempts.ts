import { LRUCache } from 'lru-cache';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';

/** The number of wrong passwords in a row that a person may type. */
const FREE_FAILURES = 10;
const FIRST_BLOCK_MS = 5_000;
const LONGEST_BLOCK_MS = 5 * 60_000;
/** The maximum number of sources; the longest unseen go first. */
const MAX_SOURCES = 10_000;

/**
 * Counts wrong passwords by source (an address, or an address and a name) and makes a source that keeps guessing wait.
 * A right password clears it. It is process-wide and not shared: another server counts for itself.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #failures = new LRUCache<string, { count: number; until: number }>({
    ...atMost(MAX_SOURCES),
    ttl: 60 * 60_000,
  });

  /** `free`: failures after which the source must wait. */
  constructor(clock: Clock, { free = FREE_FAILURES }: { free?: number } = {}) {
    this.#clock = clock;
    this.#free = free;
  }

  /** Returns the seconds that this source must wait; 0 when it may try. */
  waitSeconds(source: string): number {
    const until = this.#failures.get(source)?.until ?? 0;
    return Math.max(0, Math.ceil((until - this.#clock.now()) / 1000));
  }

  failed(source: string): void {
    const count = (this.#failures.get(source)?.count ?? 0) + 1;
    const excess = count - this.#free;
    const block = excess < 0 ? 0 : Math.min(FIRST_BLOCK_MS * 2 ** excess, LONGEST_BLOCK_MS);
    this.#failures.set(source, { count, until: this.#clock.now() + block });
  }

  /** Takes back a counted failure: the password was not checked. */
  undo(source: string): void {
    const known = this.#failures.get(source);
    if (known !== undefined) {
      const isFree = known.count - 1 < this.#free;
      this.#failures.set(source, { count: Math.max(0, known.count - 1), until: isFree ? 0 : known.until });
    }
  }

  succeeded(source: string): void {
    this.#failures.delete(source);
  }
}
