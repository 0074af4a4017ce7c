/** A few TLS records: memory is handed out in blocks of this size. */
export const BLOCK_BYTES = 64 * 1024;
/** Blocks that were not needed for this time are freed. */
const KEEP_MS = 10_000;

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

/**
 * A shared memory budget: bytes are taken and given back, and callers wait in turn when none are free. Holders can be
 * notified that others wait, and use less. The memory itself is used again, too: freed blocks would stay until the
 * collector comes, which does not know how scarce they are.
 */
export class ByteBudget {
  readonly max: number;
  readonly #waiting: Waiter[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #kept: Buffer[] = [];
  #used = 0;
  /** The least number of kept blocks since the last look: so many are superfluous. */
  #leastKept = 0;
  #trimming: NodeJS.Timeout | undefined;

  constructor(max: number) {
    this.max = max;
  }

  get used(): number {
    return this.#used;
  }

  /** Bytes of the blocks that wait for their next use; with `used`, never more than was in use at once. */
  get kept(): number {
    return this.#kept.length * BLOCK_BYTES;
  }

  /** Returns memory for BLOCK_BYTES that the caller has taken; its content is undefined. */
  block(): Buffer {
    const block = this.#kept.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#leastKept = Math.min(this.#leastKept, this.#kept.length);
    return block;
  }

  /**
   * Keeps a block for its next use. No other code may use it any more, not even a connection that is about to close.
   */
  keep(block: Buffer): void {
    this.#kept.push(block);
    this.#trimming ??= setTimeout(() => this.#trim(), KEEP_MS).unref();
  }

  /** True while a caller waits. */
  get isShort(): boolean {
    return this.#waiting.length > 0;
  }

  /** Takes `bytes` if they are free and no caller waits; returns whether it did. */
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

  /** Calls `listener` whenever a caller begins to wait, until the returned function is called. */
  onShort(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Frees the blocks that were superfluous all the time since the last look. */
  #trim(): void {
    this.#kept.splice(0, this.#leastKept);
    this.#leastKept = this.#kept.length;
    this.#trimming = this.#kept.length > 0 ? setTimeout(() => this.#trim(), KEEP_MS).unref() : undefined;
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
