import { type Choice, type Conflict, type ConflictAnswer, renderConflict } from '../view/dialogs/conflict.tsx';
import { ask } from './dialogs.ts';

/** Asks what to do where a name is taken: one question at a time, and none after an answer for all. */
export class Conflicts {
  #always: Choice | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  choose(conflict: Conflict): Promise<Choice> {
    const answer = this.#turn.then(() => this.#ask(conflict));
    this.#turn = answer;
    return answer;
  }

  async #ask(conflict: Conflict): Promise<Choice> {
    if (this.#always !== undefined && (conflict.canReplace || this.#always !== 'replace')) {
      return this.#always;
    }
    const answer = await ask<ConflictAnswer>(renderConflict(conflict));
    if (answer?.isForAll) {
      this.#always = answer.choice;
    }
    return answer?.choice ?? 'skip';
  }
}
