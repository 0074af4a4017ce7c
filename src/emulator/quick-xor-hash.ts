const WIDTH_BITS = 160;
const SHIFT_BITS = 11;
const HASH_BYTES = WIDTH_BITS / 8;
/** After this many bytes the bit offset is back at 0 (11 × 160 is a multiple of 160). */
const PERIOD_BYTES = 160;
/** Of memory that is XORed at once. */
const WORD_BYTES = 4;

export interface QuickXorState {
  /** Base64 of the folded bytes. */
  readonly columns: string;
  readonly length: number;
}

/**
 * Microsoft's QuickXorHash, streaming: byte i is XORed into a 160-bit register at bit (11·i) mod 160, and the length,
 * as eight little-endian bytes, into the register's last eight. Bytes of equal i mod 160 meet at the same place, so
 * they are folded together first and placed once at the end.
 */
export class QuickXorHash {
  readonly #columns: Uint8Array;
  #length: number;

  /** Continues from `state`, or starts anew. */
  constructor({ columns, length }: QuickXorState = { columns: '', length: 0 }) {
    this.#columns = new Uint8Array(PERIOD_BYTES);
    this.#columns.set(Buffer.from(columns, 'base64'));
    this.#length = length;
  }

  update(bytes: Uint8Array): this {
    const start = this.#length % PERIOD_BYTES;
    // Four at a time where both are at the beginning of a word, which they are but for odd pieces.
    const isAligned = start % WORD_BYTES === 0 && bytes.byteOffset % WORD_BYTES === 0;
    const inWords = isAligned ? bytes.length - (bytes.length % WORD_BYTES) : 0;
    if (inWords > 0) {
      this.#fold(new Int32Array(bytes.buffer, bytes.byteOffset, inWords / WORD_BYTES), start / WORD_BYTES);
    }
    let column = (start + inWords) % PERIOD_BYTES;
    for (let index = inWords; index < bytes.length; index += 1) {
      this.#columns[column]! ^= bytes[index]!;
      column = column + 1 === PERIOD_BYTES ? 0 : column + 1;
    }
    this.#length += bytes.length;
    return this;
  }

  /** Folds words of the memory, each four columns wide, one place of the row after another. */
  #fold(words: Int32Array, start: number): void {
    const row = new Int32Array(this.#columns.buffer);
    for (let offset = 0; offset < Math.min(row.length, words.length); offset += 1) {
      let folded = 0;
      for (let index = offset; index < words.length; index += row.length) {
        folded ^= words[index]!;
      }
      row[(start + offset) % row.length]! ^= folded;
    }
  }

  /** Returns the state to continue from, as plain JSON. */
  state(): QuickXorState {
    return { columns: Buffer.from(this.#columns).toString('base64'), length: this.#length };
  }

  /** Returns the hash of all bytes so far, in base64 as in Graph. */
  digest(): string {
    const register = Buffer.alloc(HASH_BYTES);
    for (let column = 0; column < PERIOD_BYTES; column += 1) {
      placeByte(register, this.#columns[column]!, (column * SHIFT_BITS) % WIDTH_BITS);
    }
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(this.#length));
    for (let index = 0; index < length.length; index += 1) {
      register[HASH_BYTES - length.length + index]! ^= length[index]!;
    }
    return register.toString('base64');
  }
}

function placeByte(register: Buffer, byte: number, bit: number): void {
  const index = bit >> 3;
  const shift = bit & 7;
  register[index]! ^= (byte << shift) & 0xff;
  register[(index + 1) % HASH_BYTES]! ^= byte >> (8 - shift);
}
