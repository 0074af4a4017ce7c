/** An entry of a `Recency`. It belongs to one at a time. */
export interface Ordered<T> {
  newer: T | undefined;
  older: T | undefined;
}

/** Entries in the order of their last use; each operation takes constant time. */
export class Recency<T extends Ordered<T>> {
  #newest: T | undefined;
  #oldest: T | undefined;

  /** The least recently used entry. */
  get oldest(): T | undefined {
    return this.#oldest;
  }

  /** Those used last first; not to be changed meanwhile. */
  *[Symbol.iterator](): Iterator<T> {
    for (let at = this.#newest; at !== undefined; at = at.older) {
      yield at;
    }
  }

  /** Marks `one` as used now; it may be new. */
  touch(one: T): void {
    if (this.#newest === one) {
      return;
    }
    this.drop(one);
    one.older = this.#newest;
    if (this.#newest !== undefined) {
      this.#newest.newer = one;
    }
    this.#newest = one;
    this.#oldest ??= one;
  }

  /** Removes `one`, if it is there. */
  drop(one: T): void {
    const { newer, older } = one;
    if (this.#newest === one) {
      this.#newest = older;
    }
    if (this.#oldest === one) {
      this.#oldest = newer;
    }
    if (newer !== undefined) {
      newer.older = older;
    }
    if (older !== undefined) {
      older.newer = newer;
    }
    one.newer = undefined;
    one.older = undefined;
  }
}
