/** A cache that can drop all its entries. */
export interface Emptiable {
  empty(): void;
}

/**
 * Limits the total number of entries in the caches of all drives: above the limit, the least recently used caches are
 * emptied completely. Each cache also has its own limit, so the one in use may take all of this budget.
 */
export class CacheBudget {
  readonly #maxEntries: number;
  /** In the order of their last use. */
  readonly #held = new Map<Emptiable, number>();
  #total = 0;
  #hits = 0;
  #misses = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** Counts a look-up: a hit needs no call. */
  looked(isHit: boolean): void {
    if (isHit) {
      this.#hits += 1;
    } else {
      this.#misses += 1;
    }
  }

  /** Returns the use of all caches together, and the look-ups since the start. */
  use(): { readonly entries: number; readonly limit: number; readonly hits: number; readonly misses: number } {
    return { entries: this.#total, limit: this.#maxEntries, hits: this.#hits, misses: this.#misses };
  }

  /** Notes that `cache` is in use and now holds `entries` entries. */
  used(cache: Emptiable, entries: number): void {
    this.#forget(cache);
    this.#held.set(cache, entries);
    this.#total += entries;
    for (const other of this.#held.keys()) {
      if (this.#total <= this.#maxEntries || other === cache) {
        return;
      }
      this.#forget(other);
      other.empty();
    }
  }

  /** Notes that `cache` is empty and will not be used any more. */
  drop(cache: Emptiable): void {
    this.#forget(cache);
  }

  #forget(cache: Emptiable): void {
    this.#total -= this.#held.get(cache) ?? 0;
    this.#held.delete(cache);
  }
}
