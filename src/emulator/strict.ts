import { AsyncLocalStorage } from 'node:async_hooks';
import type { StrictRules } from './options.ts';

export type ViolationRule =
  | 'authorization'
  | 'retry-after'
  | 'conflict-behavior'
  | 'fragment-size'
  | 'altered-url'
  | 'me'
  | 'concurrency'
  /** A bug of the emulator, not of the client; cannot be switched off. */
  | 'internal-error';

/** A forbidden action of a client. */
export interface Violation {
  readonly rule: ViolationRule;
  readonly detail: string;
  /** Its index in `calls`; absent when no request was being answered. */
  readonly call?: number;
}

/** Records violations by clients; changes no answer. */
export class StrictMode {
  readonly violations: Violation[] = [];
  readonly rules: StrictRules;
  readonly #call = new AsyncLocalStorage<number>();
  #quietUntil = 0;

  constructor(rules: StrictRules) {
    this.rules = rules;
  }

  report(rule: ViolationRule, detail: string): void {
    const call = this.#call.getStore();
    this.violations.push({ rule, detail, ...(call === undefined ? {} : { call }) });
  }

  /** Assigns violations during `work` to the call of that index. */
  during<Result>(call: number, work: () => Result): Result {
    return this.#call.run(call, work);
  }

  /** Records that an answer's Retry-After lasts until `time`. */
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
