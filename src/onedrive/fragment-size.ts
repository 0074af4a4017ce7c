import { FRAGMENT_UNIT_BYTES, MAX_FRAGMENT_BYTES } from '../graph/upload-sessions.ts';

/**
 * A fragment should take this long: a lost one costs no more, and the round trip after each costs little beside it
 * (60 ms are 1.5 %).
 */
const TARGET_MS = 4_000;
/**
 * The share of all memory for uploads: 10 MiB, Microsoft's recommendation for fast links, of the default 128 MiB. One
 * upload has up to two fragments at once, and leaves room for five others.
 */
const SHARE = 5 / 64;

/** The size of an upload's fragments: small on a slow line, large on a fast one, and a share of the memory at most. */
export class FragmentSize {
  readonly #max: number;
  /** The speed of the line; undefined before the first fragment. */
  #bytesPerMs: number | undefined;

  constructor(maxBufferBytes: number) {
    this.#max = inUnits(Math.min(MAX_FRAGMENT_BYTES, maxBufferBytes * SHARE));
  }

  /** Bytes of the next fragment: a multiple of FRAGMENT_UNIT_BYTES, shorter than 60 MiB. */
  get bytes(): number {
    return this.#bytesPerMs === undefined ? this.#max : Math.min(this.#max, inUnits(this.#bytesPerMs * TARGET_MS));
  }

  /** Notes that a fragment was accepted at the first try, `ms` after its first byte was sent. */
  accepted(bytes: number, ms: number): void {
    const speed = bytes / Math.max(1, ms);
    this.#bytesPerMs = this.#bytesPerMs === undefined ? speed : (this.#bytesPerMs + speed) / 2;
  }

  /** Notes that a fragment was lost on its way: the next one is half as long. */
  lost(): void {
    this.#bytesPerMs = this.bytes / 2 / TARGET_MS;
  }
}

function inUnits(bytes: number): number {
  return Math.max(1, Math.floor(bytes / FRAGMENT_UNIT_BYTES)) * FRAGMENT_UNIT_BYTES;
}
