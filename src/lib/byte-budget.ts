interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * Memory that many share: given out as it is needed, given back, and waited for in turns when there is none. Who
 * holds some can be told that others wait, and make do with less.
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

  /** Somebody waits. */
  get isShort(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes so many bytes if nobody has to wait for them. */
  tryTake(bytes: number): boolean {
    if (this.isShort || this.#used + bytes > this.max) {
      return false;
    }
    this.#used += bytes;
    return true;
  }

  /** Takes so many bytes as soon as they are free. Rejects with the signal's reason. */
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

  /** Calls `listener` whenever somebody begins to wait, until the function that is returned is called. */
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
