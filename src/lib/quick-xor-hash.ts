const BITS = 160;
const BYTES = BITS / 8;
const SHIFT = 11;
/** Bytes of a word. */
const WORD = 4;

/**
 * Computes OneDrive's QuickXorHash of a stream of bytes (Microsoft's "Code Snippets: QuickXorHash Algorithm"): byte i
 * is XORed into a ring of 160 bits at bit 11·i, and the length into its end. 11 and 160 have no common divisor, so
 * bytes that are 160 apart fall on the same bits: they are summed first and spread out once, at the end. The app in the
 * browser computes it too, so nothing here is Node's own.
 */
export class QuickXorHash {
  readonly #words = new Int32Array(BITS / WORD);
  readonly #sums = new Uint8Array(this.#words.buffer);
  #length = 0;

  /** The number of bytes so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): this {
    const at = this.#length % BITS;
    // Words of memory are four times as fast as bytes, when both rings begin at one.
    const isAligned = at % WORD === 0 && bytes.byteOffset % WORD === 0;
    const whole = isAligned ? bytes.length - (bytes.length % WORD) : 0;
    if (whole > 0) {
      this.#addWords(new Int32Array(bytes.buffer, bytes.byteOffset, whole / WORD), at / WORD);
    }
    this.#addBytes(bytes, whole, (at + whole) % BITS);
    this.#length += bytes.length;
    return this;
  }

  #addWords(words: Int32Array, first: number): void {
    const sums = this.#words;
    const ring = sums.length;
    for (let place = 0; place < Math.min(ring, words.length); place += 1) {
      let sum = 0;
      for (let index = place; index < words.length; index += ring) {
        sum ^= words[index]!;
      }
      sums[(first + place) % ring]! ^= sum;
    }
  }

  #addBytes(bytes: Uint8Array, from: number, first: number): void {
    const sums = this.#sums;
    let at = first;
    for (let index = from; index < bytes.length; index += 1) {
      sums[at]! ^= bytes[index]!;
      at = at === BITS - 1 ? 0 : at + 1;
    }
  }

  /** Returns the hash in base64, as Graph shows it. */
  digest(): string {
    const ring = new Uint8Array(BYTES);
    for (const [index, byte] of this.#sums.entries()) {
      const bit = (index * SHIFT) % BITS;
      const spread = byte << (bit % 8);
      ring[bit >> 3]! ^= spread & 0xff;
      ring[((bit >> 3) + 1) % BYTES]! ^= spread >> 8;
    }
    const length = new Uint8Array(8);
    new DataView(length.buffer).setBigUint64(0, BigInt(this.#length), true);
    for (const [index, byte] of length.entries()) {
      ring[BYTES - length.length + index]! ^= byte;
    }
    return btoa(String.fromCharCode(...ring));
  }
}

/** The hash of an empty file. */
export const EMPTY_QUICK_XOR_HASH = new QuickXorHash().digest();
