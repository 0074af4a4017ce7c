interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * A shared memory budget: bytes are taken and given back, and callers wait in turn when none are free. Holders can be
 * notified that others wait, and use less.
 */
export class ByteBudget {
  readonly max: number;
  readonly #waiting: Waiter[] = [];
  readonly #listeners = new Set<() => void>();
  #used = 0;

  constructor(max: number) {
    this.max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** True while somebody waits. */
  get isShort(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes `bytes` if they are free and nobody waits; returns whether it did. */
  tryTake(bytes: number): boolean {
    if (this.isShort || this.#used + bytes > this.max) {
      return false;
    }
    this.#used += bytes;
    return true;
  }

  /** Takes `bytes` as soon as they are free. Rejects with the signal's reason. */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return Promise.reject(signal.reason as Error);
    }
    if (this.tryTake(bytes)) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        this.#letIn();
        reject(signal.reason as Error);
      };
      const waiter = {
        bytes,
        enter: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
      for (const listener of [...this.#listeners]) {
        listener();
      }
    });
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#letIn();
  }

  /** Calls `listener` whenever somebody begins to wait, until the returned function is called. */
  onShort(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #letIn(): void {
    for (
      let [next] = this.#waiting;
      next !== undefined && this.#used + next.bytes <= this.max;
      [next] = this.#waiting
    ) {
      this.#waiting.shift();
      this.#used += next.bytes;
      next.enter();
    }
  }
}
