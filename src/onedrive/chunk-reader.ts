import type { ByteSource } from '../graph/transport.ts';
import { BLOCK_BYTES, type ByteBudget } from '../lib/byte-budget.ts';

/** Received bytes of a body, in blocks that count against a budget until they are released. */
export class Portion {
  readonly #budget: ByteBudget;
  readonly #blocks: Buffer[] = [];
  #length = 0;
  /** How often the bytes were handed to a connection. */
  #opened = 0;
  #isDelivered = false;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#length;
  }

  /** Returns the bytes from `start` on, in order. */
  parts(start = 0): Uint8Array[] {
    const first = Math.floor(start / BLOCK_BYTES);
    return this.#blocks
      .slice(first)
      .map((block, index) => {
        const at = (first + index) * BLOCK_BYTES;
        return block.subarray(Math.max(0, start - at), Math.min(BLOCK_BYTES, this.#length - at));
      })
      .filter(part => part.length > 0);
  }

  /** The bytes from `start` on as the body of a request; the next try sends again what an earlier one has lost. */
  body(start = 0): ByteSource {
    const open = () => {
      this.#opened += 1;
      return this.parts(start);
    };
    return { length: this.#length - start, open };
  }

  /** Notes that the host has acknowledged all bytes. */
  delivered(): void {
    this.#isDelivered = true;
  }

  /**
   * Returns the memory to the budget and drops the bytes. The blocks are used again only when no connection can have
   * any of them in its queue: after one try that was acknowledged, or none.
   */
  release(): void {
    const { length } = this.#blocks;
    if (this.#opened === 0 || (this.#opened === 1 && this.#isDelivered)) {
      this.#drop(0);
    }
    this.#blocks.length = 0;
    this.#length = 0;
    this.#budget.give(length * BLOCK_BYTES);
  }

  /** Lets the budget keep the blocks from `first` on. */
  #drop(first: number): void {
    for (const block of this.#blocks.splice(first)) {
      this.#budget.keep(block);
    }
  }

  /** Copies as many bytes as fit in the last block; returns their number. */
  fill(bytes: Uint8Array): number {
    const room = this.#blocks.length * BLOCK_BYTES - this.#length;
    const count = Math.min(room, bytes.length);
    if (count > 0) {
      this.#blocks.at(-1)!.set(bytes.subarray(0, count), BLOCK_BYTES - room);
      this.#length += count;
    }
    return count;
  }

  /** Adds a block that the caller has already taken from the budget. */
  addBlock(): void {
    this.#blocks.push(this.#budget.block());
  }

  /** Cuts off the bytes beyond `length` and returns them. */
  cut(length: number): Buffer {
    const rest = Buffer.concat(this.parts(length));
    const needed = Math.ceil(length / BLOCK_BYTES);
    const excess = this.#blocks.length - needed;
    this.#drop(needed);
    this.#length = length;
    this.#budget.give(excess * BLOCK_BYTES);
    return rest;
  }
}

export interface Gathering {
  readonly budget: ByteBudget;
  /** When memory is short, a portion may be any multiple of this. */
  readonly unit: number;
  /** Ends the gathering, even while the source is silent. */
  readonly signal: AbortSignal;
  /** Another holder of memory in the same upload: the portion does not wait for memory before this has settled. */
  readonly after?: Promise<unknown> | undefined;
}

/** Reads a stream of bytes in portions; holds at most the portion that is gathered, less than one unit, and one chunk. */
export class ChunkReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #pending: Promise<IteratorResult<Uint8Array>> | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** True when the source is known to have ended and all its bytes have been taken. */
  get hasEnded(): boolean {
    return this.#ended && this.#rest.length === 0;
  }

  /**
   * Returns the next `size` bytes, taking memory from the budget as they arrive. Returns fewer only at the end, or
   * while memory is short: then a multiple of the unit, at least one. Rejects with the signal's reason, and the bytes
   * are lost.
   */
  async gather(size: number, gathering: Gathering): Promise<Portion> {
    const portion = new Portion(gathering.budget);
    try {
      while (portion.length < size && (await this.#comesMore(portion, gathering))) {
        const wanted = this.#rest.subarray(0, size - portion.length);
        const count = portion.fill(wanted);
        this.#rest = this.#rest.subarray(count);
        if (count === 0 && !(await makeRoom(portion, gathering))) {
          break;
        }
      }
    } catch (error) {
      portion.release();
      throw error;
    }
    const isCutShort = portion.length < size && !this.hasEnded;
    if (isCutShort) {
      const excess = portion.cut(portion.length - (portion.length % gathering.unit));
      this.#rest = Buffer.concat([excess, this.#rest]);
    }
    return portion;
  }

  /** Yields the remaining bytes as they arrive. */
  async *rest(): AsyncGenerator<Uint8Array> {
    while (await this.#hasMore()) {
      const chunk = this.#rest;
      this.#rest = new Uint8Array(0);
      yield chunk;
    }
  }

  /** Returns true when no bytes are left. */
  async isAtEnd(): Promise<boolean> {
    return !(await this.#hasMore());
  }

  /** Tells the source that reading has stopped. */
  async close(): Promise<void> {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    const closing = Promise.resolve(this.#iterator.return?.());
    if (this.#pending !== undefined) {
      // A silent source ends when it sends something or its connection is closed.
      this.#pending.catch(() => {});
      closing.catch(() => {});
      return;
    }
    await closing;
  }

  /** Returns false at the end, and when others wait for memory while this portion is large enough to send. */
  async #comesMore(portion: Portion, { budget, unit, signal }: Gathering): Promise<boolean> {
    signal.throwIfAborted();
    if (this.#rest.length > 0 || this.#ended) {
      return this.#hasMore();
    }
    const isEnough = portion.length >= unit;
    if (isEnough && budget.isShort) {
      return false;
    }
    const { promise: stopped, resolve } = Promise.withResolvers<boolean>();
    const stop = () => resolve(false);
    const stopListening = isEnough ? budget.onShort(stop) : () => {};
    signal.addEventListener('abort', stop, { once: true });
    try {
      const comesMore = await Promise.race([this.#hasMore(), stopped]);
      signal.throwIfAborted();
      return comesMore;
    } finally {
      stopListening();
      signal.removeEventListener('abort', stop);
    }
  }

  async #hasMore(): Promise<boolean> {
    while (this.#rest.length === 0 && !this.#ended) {
      this.#pending ??= this.#iterator.next();
      const { done, value } = await this.#pending;
      if (this.#rest.length > 0) {
        return true;
      }
      this.#pending = undefined;
      this.#ended ||= done === true;
      this.#rest = done ? new Uint8Array(0) : value;
    }
    return this.#rest.length > 0;
  }
}

/** Adds a block; returns false when no memory is free and the portion is large enough to send. */
async function makeRoom(portion: Portion, { budget, unit, signal, after }: Gathering): Promise<boolean> {
  if (!budget.tryTake(BLOCK_BYTES)) {
    if (portion.length >= unit) {
      return false;
    }
    await after;
    await budget.take(BLOCK_BYTES, signal);
  }
  portion.addBlock();
  return true;
}
