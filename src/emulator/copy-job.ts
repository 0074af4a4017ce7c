import { GraphFault } from './graph-error.ts';

export type CopyOutcome = { resourceId: string } | { error: { code: string; message: string } };

/** A copy that goes on in the background, once, whether anybody asks for it or not. */
export class CopyJob {
  #outcome: CopyOutcome | undefined;
  #pollsLeft: number;
  readonly #done: Promise<void>;

  /** `work` gives the id of the new item; its monitor says `inProgress` at least `polls` times. */
  constructor(polls: number, work: () => Promise<string>) {
    this.#pollsLeft = polls;
    this.#done = this.#run(work);
  }

  /** What its monitor says now: undefined while it is under way, or not asked often enough. */
  poll(): CopyOutcome | undefined {
    if (this.#pollsLeft > 0) {
      this.#pollsLeft -= 1;
      return undefined;
    }
    return this.#outcome;
  }

  settled(): Promise<void> {
    return this.#done;
  }

  async #run(work: () => Promise<string>): Promise<void> {
    try {
      this.#outcome = { resourceId: await work() };
    } catch (error) {
      const isFault = error instanceof GraphFault;
      this.#outcome = {
        error: isFault
          ? { code: error.code, message: error.message }
          : { code: 'generalException', message: String(error) },
      };
    }
  }
}
