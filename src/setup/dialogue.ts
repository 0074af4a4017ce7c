import type { Secret } from '../lib/secret.ts';

/** A question that a flag or a person answers. */
export interface Question {
  /** The flag on the command line: `--tenant`. */
  readonly flag: string;
  readonly ask: string;
}

export interface TextQuestion extends Question {
  /** The answer when nobody answers. */
  readonly byDefault?: string;
  /** Returns the objection to an answer; undefined when it is valid. */
  readonly check?: (answer: string) => string | undefined;
}

export interface Choice<T extends string> {
  readonly value: T;
  readonly name: string;
}

export interface ChoiceQuestion<T extends string> extends Question {
  readonly choices: readonly Choice<T>[];
  readonly byDefault?: T;
}

/** Asks the person at the terminal. Rejects when they give up. */
export interface Terminal {
  text(question: TextQuestion): Promise<string>;
  /** Does not echo the input. */
  secret(question: TextQuestion): Promise<string>;
  choose<T extends string>(question: ChoiceQuestion<T>): Promise<T>;
  /** Returns at least one choice. */
  pick(question: ChoiceQuestion<string>): Promise<string[]>;
  confirm(question: Question, byDefault: boolean): Promise<boolean>;
}

/**
 * Gets answers: from the flags first, then the terminal, then the default, so that all three go the same way. `given`
 * is the value of the question's flag, if any. Without any answer, `UsageError` names the flag.
 */
export interface Dialogue {
  /** Whether somebody can be asked again after a wrong answer. */
  readonly isInteractive: boolean;
  text(question: TextQuestion, given?: string): Promise<string>;
  secret(question: TextQuestion, given?: Secret): Promise<Secret>;
  choose<T extends string>(question: ChoiceQuestion<T>, given?: T): Promise<T>;
  pick(question: ChoiceQuestion<string>): Promise<string[]>;
  /** Without a terminal the answer is `unasked`. */
  confirm(question: Question, unasked: boolean): Promise<boolean>;
  /** Prints one or more lines for people. */
  tell(text: string): void;
  /** Shows the current wait in a line that is rewritten in place; only at a terminal. */
  readonly progress: { show(text: string): void; clear(): void };
}

export interface DialogueParts {
  /** Undefined: nobody can be asked. */
  readonly terminal: Terminal | undefined;
  /** Whether questions with a default are skipped. */
  readonly takesDefaults: boolean;
  readonly tell: (text: string) => void;
  readonly progress: Dialogue['progress'];
}
