/** A cache that can let go of all that it holds. */
export interface Emptiable {
  empty(): void;
}

/**
 * Bounds what the caches of all drives hold together: beyond it, those that were used least lately are emptied as a
 * whole. Each has a bound of its own besides, so that the one in use may take all of this.
 */
export class CacheBudget {
  readonly #maxEntries: number;
  /** In the order of their last use. */
  readonly #held = new Map<Emptiable, number>();
  #total = 0;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** `cache` is in use, and holds so many entries now. */
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

  #forget(cache: Emptiable): void {
    this.#total -= this.#held.get(cache) ?? 0;
    this.#held.delete(cache);
  }
}
