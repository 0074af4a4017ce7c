/** Takes a stream of bytes in portions of the reader's choice; holds no more than one portion and one chunk. */
export class ChunkReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** The next `size` bytes in a buffer of their own; fewer only at the end. */
  take(size: number): Promise<Buffer> {
    return this.fill(Buffer.allocUnsafe(size));
  }

  /** Fills `portion` with the next bytes; gives the part of it that was filled, less than all only at the end. */
  async fill(portion: Buffer): Promise<Buffer> {
    let filled = 0;
    while (filled < portion.length && (await this.#hasMore())) {
      const count = Math.min(portion.length - filled, this.#rest.length);
      portion.set(this.#rest.subarray(0, count), filled);
      this.#rest = this.#rest.subarray(count);
      filled += count;
    }
    return portion.subarray(0, filled);
  }

  /** All that is left, as it comes. */
  async *rest(): AsyncGenerator<Uint8Array> {
    while (await this.#hasMore()) {
      const chunk = this.#rest;
      this.#rest = new Uint8Array(0);
      yield chunk;
    }
  }

  /** True when nothing is left. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#hasMore());
  }

  /** Tells the source that nobody reads on. */
  async close(): Promise<void> {
    if (!this.#ended) {
      this.#ended = true;
      await this.#iterator.return?.();
    }
  }

  async #hasMore(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      const { done, value } = await this.#iterator.next();
      this.#ended = done === true;
      this.#rest = done ? new Uint8Array(0) : value;
    }
    return this.#rest.length > 0;
  }
}
