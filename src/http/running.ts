/**
 * Counts the requests under way. It keeps no Set of their promises: V8 gives a Set a new table after a few changes, and
 * the old table refers to the new one. After one table has reached the old generation, every later one follows it with
 * the requests in it, though all have ended, and they stay until a full collection.
 */
export class Running {
  #count = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#count;
  }

  /** Counts a request until it has ended; resolves then, and fails if it does. */
  async note(request: Promise<void>): Promise<void> {
    this.#count += 1;
    try {
      await request;
    } finally {
      this.#count -= 1;
      this.#tellIfNone();
    }
  }

  /** Resolves as soon as no request is under way. */
  async ended(): Promise<void> {
    await new Promise<void>(resolve => {
      this.#waiting.push(resolve);
      this.#tellIfNone();
    });
  }

  #tellIfNone(): void {
    if (this.#count === 0) {
      for (const resolve of this.#waiting.splice(0)) {
        resolve();
      }
    }
  }
}
