const FIRST_BYTES = 5 * 1024 * 1024;
/** Long enough that the time between two fragments does not matter, short enough that a broken line costs little. */
const TARGET_MS = 5_000;

/** Chooses the length of fragments by how fast the last ones went. */
export class FragmentPace {
  #bytes = FIRST_BYTES;

  /** The bytes of the next fragment: a multiple of `multiple`, and at most `max`. */
  next({ multiple, max }: { readonly multiple: number; readonly max: number }): number {
    return Math.max(1, Math.floor(Math.min(this.#bytes, max) / multiple)) * multiple;
  }

  /** A fragment has arrived. */
  sent(bytes: number, ms: number): void {
    const wanted = (bytes / Math.max(1, ms)) * TARGET_MS;
    this.#bytes = Math.min(wanted, this.#bytes * 2);
  }

  /** A fragment was lost. */
  lost(): void {
    this.#bytes /= 2;
  }
}
