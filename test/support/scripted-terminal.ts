import type { ChoiceQuestion, Question, Terminal } from '../../src/setup/dialogue.ts';

/** A question, as a person sees it, and the answer. A choice is answered by its value. */
export type Exchange = readonly [question: RegExp, answer: string | boolean | readonly string[]];

export interface ScriptedTerminal extends Terminal {
  /** Questions that were expected and have not come. */
  readonly left: readonly RegExp[];
}

/** Answers the questions in the expected order, and fails on any other. */
export function scriptedTerminal(script: readonly Exchange[]): ScriptedTerminal {
  const left = [...script];
  const answer = <T>({ ask }: Question): T => {
    const [question, given] = left.shift() ?? [];
    if (question === undefined || !question.test(ask)) {
      throw new Error(`asked "${ask}" where ${question ?? 'no question'} was expected`);
    }
    return given as T;
  };
  return {
    get left() {
      return left.map(([question]) => question);
    },
    text: async question => {
      const text = answer<string>(question);
      const objection = question.check?.(text.trim());
      if (objection !== undefined) {
        throw new Error(`"${question.ask}" does not take "${text}": ${objection}`);
      }
      return text;
    },
    secret: async question => answer(question),
    choose: async <T extends string>(question: ChoiceQuestion<T>) => {
      const value = answer<T>(question);
      if (!question.choices.some(choice => choice.value === value)) {
        throw new Error(`"${question.ask}" does not offer "${value}"`);
      }
      return value;
    },
    pick: async question => answer(question),
    confirm: async question => answer(question),
  };
}
