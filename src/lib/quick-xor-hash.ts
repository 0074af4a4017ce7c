const BITS = 160;
const BYTES = BITS / 8;
const SHIFT = 11;

/**
 * Computes OneDrive's QuickXorHash of a stream of bytes (Microsoft's "Code Snippets: QuickXorHash Algorithm"): byte i
 * is XORed into a ring of 160 bits at bit 11·i, and the length into its end. 11 and 160 have no common divisor, so
 * bytes that are 160 apart fall on the same bits: they are summed first and spread out once, at the end.
 */
export class QuickXorHash {
  readonly #sums = new Uint8Array(BITS);
  #length = 0;

  /** The number of bytes so far. */
  get length(): number {
    return this.#length;
  }

  update(bytes: Uint8Array): this {
    const sums = this.#sums;
    let at = this.#length % BITS;
    for (let index = 0; index < bytes.length; index += 1) {
      sums[at]! ^= bytes[index]!;
      at = at === BITS - 1 ? 0 : at + 1;
    }
    this.#length += bytes.length;
    return this;
  }

  /** Returns the hash in base64, as Graph shows it. */
  digest(): string {
    const ring = Buffer.alloc(BYTES);
    for (const [index, byte] of this.#sums.entries()) {
      const bit = (index * SHIFT) % BITS;
      const spread = byte << (bit % 8);
      ring[bit >> 3]! ^= spread & 0xff;
      ring[((bit >> 3) + 1) % BYTES]! ^= spread >> 8;
    }
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(this.#length));
    for (const [index, byte] of length.entries()) {
      ring[BYTES - length.length + index]! ^= byte;
    }
    return ring.toString('base64');
  }
}

/** The hash of an empty file. */
export const EMPTY_QUICK_XOR_HASH = new QuickXorHash().digest();
