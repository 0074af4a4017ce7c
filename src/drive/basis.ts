/**
 * Returns true while a look would give the same result without asking the cloud. It makes no calls, and counts as a use
 * of what it is about, as the look would.
 */
export type StillHolds = () => boolean;

/**
 * Returns what tells whether a number that grows with each change is still what it is now; undefined without a number.
 */
export function unchanged(version: (() => number) | undefined): StillHolds | undefined {
  const before = version?.();
  return version && (() => version() === before);
}

/**
 * What the result of a look rests on, so that it can be given again without another look. The drive that has found it
 * says so by `found`. Those around that drive add what they contributed. A drive that does not know this says nothing,
 * and then nothing is known.
 */
export class Basis {
  readonly #parts: StillHolds[] = [];
  #isFound = false;
  #isOpen = false;

  /** The result is what was found in a place of which `holds` tells; it must be made in the same step, or before. */
  found(holds: StillHolds | undefined): void {
    this.#isFound = true;
    this.add(holds);
  }

  /** It also rests on something else. Undefined: nothing tells when that changes. */
  add(holds: StillHolds | undefined): void {
    if (holds === undefined) {
      this.#isOpen = true;
    } else {
      this.#parts.push(holds);
    }
  }

  /** Undefined: nobody can tell how long the result stays the same. */
  get parts(): readonly StillHolds[] | undefined {
    return this.#isOpen || !this.#isFound ? undefined : this.#parts;
  }
}
