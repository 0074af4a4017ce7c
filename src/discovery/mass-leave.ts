/** With fewer mailboxes, half may well leave at once. */
const MIN_FOR_MASS = 4;

/**
 * More than half of the mailboxes would leave at once: probably a wrong answer, until the next look, an interval later,
 * confirms it.
 */
export class MassLeave extends Error {
  constructor(leaving: number, served: number) {
    super(`the directory lacks ${leaving} of ${served} mailboxes; they are served until the next look confirms it`);
    this.name = 'MassLeave';
  }
}

/** Accepts that most mailboxes leave at once only when two looks in a row say so. */
export class MassLeaveGuard {
  /** Users that would have left at the last, rejected look, by object id. */
  #disbelieved: ReadonlySet<string> = new Set();

  /** Throws MassLeave for a look that is rejected. `leaving` are some of the `served` users, by object id. */
  check(served: number, leaving: readonly string[]): void {
    const isMass = served >= MIN_FOR_MASS && leaving.length * 2 > served;
    const before = this.#disbelieved;
    this.#disbelieved = new Set(isMass ? leaving : []);
    if (isMass && !leaving.every(userId => before.has(userId))) {
      throw new MassLeave(leaving.length, served);
    }
  }
}
