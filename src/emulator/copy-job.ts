import { GraphFault } from './graph-error.ts';

export type CopyOutcome = { resourceId: string } | { error: { code: string; message: string } };

/** A copy that runs once in the background, whether its monitor is polled or not. */
export class CopyJob {
  #outcome: CopyOutcome | undefined;
  #pollsLeft: number;
  readonly #done: Promise<void>;

  /** `work` returns the id of the new item; the monitor answers `inProgress` at least `polls` times. */
  constructor(polls: number, work: () => Promise<string>) {
    this.#pollsLeft = polls;
    this.#done = this.#run(work);
  }

  /** Returns the result: undefined while the copy is running, or its monitor was not polled often enough. */
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
