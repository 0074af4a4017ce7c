import type { Secret } from '../lib/secret.ts';

/** A question that a flag answers, or else a person. */
export interface Question {
  /** As the command line has it: `--tenant`. */
  readonly flag: string;
  readonly ask: string;
}

export interface TextQuestion extends Question {
  /** Taken when nobody answers. */
  readonly byDefault?: string;
  /** What is wrong with an answer; undefined when nothing is. */
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

/** Whoever sits at a terminal. Rejects when they give up. */
export interface Terminal {
  text(question: TextQuestion): Promise<string>;
  /** Shows nothing of what is typed. */
  secret(question: TextQuestion): Promise<string>;
  choose<T extends string>(question: ChoiceQuestion<T>): Promise<T>;
  /** At least one of them. */
  pick(question: ChoiceQuestion<string>): Promise<string[]>;
  confirm(question: Question, byDefault: boolean): Promise<boolean>;
}

/**
 * How setup talks: flags first, then the terminal, then the default, so that all three go the same way. `given` is what
 * the question's flag said, if anything. Without an answer anywhere, `UsageError` names the flag.
 */
export interface Dialogue {
  /** Whether somebody can be asked again after an answer that turned out wrong. */
  readonly isInteractive: boolean;
  text(question: TextQuestion, given?: string): Promise<string>;
  secret(question: TextQuestion, given?: Secret): Promise<Secret>;
  choose<T extends string>(question: ChoiceQuestion<T>, given?: T): Promise<T>;
  pick(question: ChoiceQuestion<string>): Promise<string[]>;
  /** Without a terminal the answer is `unasked`. */
  confirm(question: Question, unasked: boolean): Promise<boolean>;
  /** A line, or lines, for people to read. */
  tell(text: string): void;
  /** What is being waited for, in one place that is written over; only at a terminal. */
  readonly progress: { show(text: string): void; clear(): void };
}

export interface DialogueParts {
  /** Undefined: nobody can be asked. */
  readonly terminal: Terminal | undefined;
  /** Whether what has a default is not asked. */
  readonly takesDefaults: boolean;
  readonly tell: (text: string) => void;
  readonly progress: Dialogue['progress'];
}
