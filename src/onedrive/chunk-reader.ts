import type { ByteBudget } from '../lib/byte-budget.ts';

/** A few TLS records: bytes are held in blocks of this size, so that an upload which has sent little holds little. */
const BLOCK_BYTES = 64 * 1024;

/** Bytes of a body that have come, in blocks that are counted in a budget until they are released. */
export class Portion {
  readonly #budget: ByteBudget;
  readonly #blocks: Buffer[] = [];
  #length = 0;

  constructor(budget: ByteBudget) {
    this.#budget = budget;
  }

  get length(): number {
    return this.#length;
  }

  /** The bytes from `start` on, in order. */
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

  /** Gives the memory back; the bytes are gone. */
  release(): void {
    this.#budget.give(this.#blocks.length * BLOCK_BYTES);
    this.#blocks.length = 0;
    this.#length = 0;
  }

  /** Copies what there is room for in the last block; gives how many bytes that were. */
  fill(bytes: Uint8Array): number {
    const room = this.#blocks.length * BLOCK_BYTES - this.#length;
    const count = Math.min(room, bytes.length);
    if (count > 0) {
      this.#blocks.at(-1)!.set(bytes.subarray(0, count), BLOCK_BYTES - room);
      this.#length += count;
    }
    return count;
  }

  /** The budget has been asked for it. */
  addBlock(): void {
    this.#blocks.push(Buffer.allocUnsafeSlow(BLOCK_BYTES));
  }

  /** Cuts off what is beyond `length` and gives it. */
  cut(length: number): Buffer {
    const rest = Buffer.concat(this.parts(length));
    const needed = Math.ceil(length / BLOCK_BYTES);
    this.#budget.give((this.#blocks.length - needed) * BLOCK_BYTES);
    this.#blocks.length = needed;
    this.#length = length;
    return rest;
  }
}

export interface Gathering {
  readonly budget: ByteBudget;
  /** When memory is short, a multiple of this is enough. */
  readonly unit: number;
  readonly signal: AbortSignal;
}

/** Takes a stream of bytes in portions; holds no more than one portion, less than a unit, and one chunk. */
export class ChunkReader {
  readonly #iterator: AsyncIterator<Uint8Array>;
  #pending: Promise<IteratorResult<Uint8Array>> | undefined;
  #rest: Uint8Array = new Uint8Array(0);
  #ended = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#iterator = source[Symbol.asyncIterator]();
  }

  /** True when the source has ended, as far as is known, and all that has come of it has been taken. */
  get hasEnded(): boolean {
    return this.#ended && this.#rest.length === 0;
  }

  /**
   * The next `size` bytes, in memory that is asked for as they come. Fewer only at the end, or while memory is short:
   * then a multiple of the unit, and more than nothing. Rejects with the signal's reason while it waits for memory.
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
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    const closing = Promise.resolve(this.#iterator.return?.());
    if (this.#pending !== undefined) {
      // A source that is silent ends when it says something, or its connection is closed.
      this.#pending.catch(() => {});
      closing.catch(() => {});
      return;
    }
    await closing;
  }

  /** False at the end, and when others wait for memory while what has come is worth sending. */
  async #comesMore(portion: Portion, { budget, unit }: Gathering): Promise<boolean> {
    if (this.#rest.length > 0 || portion.length < unit) {
      return this.#hasMore();
    }
    if (budget.isShort) {
      return false;
    }
    const { promise: short, resolve } = Promise.withResolvers<boolean>();
    const stop = budget.onShort(() => resolve(false));
    try {
      return await Promise.race([this.#hasMore(), short]);
    } finally {
      stop();
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

/** Another block; false when there is none now and what has come is worth sending. */
async function makeRoom(portion: Portion, { budget, unit, signal }: Gathering): Promise<boolean> {
  if (!budget.tryTake(BLOCK_BYTES)) {
    if (portion.length >= unit) {
      return false;
    }
    await budget.take(BLOCK_BYTES, signal);
  }
  portion.addBlock();
  return true;
}
