/** Of fewer mailboxes half may well leave at once. */
const MIN_FOR_MASS = 4;

/**
 * More than half of the mailboxes would leave at once: rather a wrong answer than the truth, until the next look, an
 * interval later, says it too.
 */
export class MassLeave extends Error {
  constructor(leaving: number, served: number) {
    super(`the directory lacks ${leaving} of ${served} mailboxes; they are served until the next look lacks them, too`);
    this.name = 'MassLeave';
  }
}

/** Believes that most mailboxes leave at once only when two looks in a row say so. */
export class MassLeaveGuard {
  /** By object id: would have left at the last look, which was not believed. */
  #disbelieved: ReadonlySet<string> = new Set();

  /** Throws MassLeave for a look that is not believed. `leaving` are some of those who are `served`, by object id. */
  check(served: number, leaving: readonly string[]): void {
    const isMass = served >= MIN_FOR_MASS && leaving.length * 2 > served;
    const before = this.#disbelieved;
    this.#disbelieved = new Set(isMass ? leaving : []);
    if (isMass && !leaving.every(userId => before.has(userId))) {
      throw new MassLeave(leaving.length, served);
    }
  }
}
