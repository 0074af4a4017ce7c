import type { StrictRules } from './options.ts';

export type ViolationRule =
  | 'authorization'
  | 'retry-after'
  | 'conflict-behavior'
  | 'fragment-size'
  | 'altered-url'
  | 'me'
  | 'concurrency';

/** Something that a client did and should not do. */
export interface Violation {
  readonly rule: ViolationRule;
  readonly detail: string;
}

/** Watches what clients do and remembers what was wrong; it changes no answer. */
export class StrictMode {
  readonly violations: Violation[] = [];
  readonly rules: StrictRules;
  #quietUntil = 0;

  constructor(rules: StrictRules) {
    this.rules = rules;
  }

  report(rule: ViolationRule, detail: string): void {
    this.violations.push({ rule, detail });
  }

  /** An answer has asked for silence until `time`. */
  throttled(time: number): void {
    this.#quietUntil = Math.max(this.#quietUntil, time);
  }

  checkRetryAfter(now: number, operation: string): void {
    if (this.rules.retryAfter && now < this.#quietUntil) {
      this.report('retry-after', `${operation} came ${this.#quietUntil - now} ms before Retry-After had passed`);
    }
  }

  checkConflictBehavior(given: unknown, operation: string): void {
    if (this.rules.conflictBehavior && given === undefined) {
      this.report('conflict-behavior', `${operation} leaves conflictBehavior to a default`);
    }
  }
}
