/** Random failures: their share of the calls, and the seed of their order. */
export interface StraySpec {
  /** From 0 to 1; about 0.01 was seen. */
  readonly ratio: number;
  readonly seed: number;
}

/** Fails at random from a seed: the same calls in the same order fail again. */
export class StrayErrors {
  readonly #ratio: number;
  #state: number;

  constructor(spec: StraySpec | 'never') {
    this.#ratio = spec === 'never' ? 0 : spec.ratio;
    this.#state = spec === 'never' ? 0 : spec.seed;
  }

  /** Tells whether this call fails. */
  next(): boolean {
    return this.#ratio > 0 && this.#random() < this.#ratio;
  }

  /** From 0 to 1: Mulberry32. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}
