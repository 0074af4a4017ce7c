/**
 * Which places have locks, by their keys: kept in memory beside the table, so that requests for places without any,
 * which are nearly all, need no look into it. May hold the place of a lock that has expired; never lacks that of one
 * that has not. It is process-wide and not shared: right only where no other process takes locks (`one-owner.ts`), and
 * so a part of the SQLite engine.
 */
export class LockedPlaces {
  readonly #keys = new Map<string, string>();
  /** How many locks a place has. */
  readonly #counts = new Map<string, number>();

  constructor(locks: Iterable<readonly [token: string, key: string]>) {
    for (const [token, key] of locks) {
      this.set(token, key);
    }
  }

  isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** True when there is a lock at any of these places. */
  hasAny(keys: readonly string[]): boolean {
    return keys.some(key => this.#counts.has(key));
  }

  /** The lock with this token is at `key`, and nowhere else. */
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
