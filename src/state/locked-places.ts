/**
 * The keys of the places that have locks, kept in memory, so that requests for places without locks, nearly all, need
 * no query. May contain the place of an expired lock; never lacks that of a valid one. SQLite has it as no other process
 * takes locks (`one-owner.ts`), PostgreSQL as the others tell of theirs (`peers.ts`).
 */
export class LockedPlaces {
  readonly #keys = new Map<string, string>();
  /** The number of locks of each place. */
  readonly #counts = new Map<string, number>();

  constructor(locks: Iterable<readonly [token: string, key: string]>) {
    for (const [token, key] of locks) {
      this.set(token, key);
    }
  }

  isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** Returns true when there is a lock at any of these places. */
  hasAny(keys: readonly string[]): boolean {
    return keys.some(key => this.#counts.has(key));
  }

  /** Records that the lock with this token is at `key`, and nowhere else. */
  set(token: string, key: string): void {
    this.delete([token]);
    this.#keys.set(token, key);
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  delete(tokens: readonly string[]): void {
    for (const token of tokens) {
      const key = this.#keys.get(token);
      if (key !== undefined) {
        this.#keys.delete(token);
        this.#release(key);
      }
    }
  }

  #release(key: string): void {
    const others = this.#counts.get(key)! - 1;
    if (others === 0) {
      this.#counts.delete(key);
    } else {
      this.#counts.set(key, others);
    }
  }
}
