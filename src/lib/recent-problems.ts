/** A warning or an error that was logged, without secrets. */
export interface Problem {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: 'warn' | 'error' | 'fatal';
  readonly message: string;
  /** The message of its error. */
  readonly cause?: string | undefined;
  /** The id of the request. */
  readonly request?: string | undefined;
  /** How often it came in a row. */
  readonly count: number;
}

const MAX_PROBLEMS = 50;

/** The last warnings and errors of the log, for operators who look at the server and not at its log. Process-wide. */
export class RecentProblems {
  #problems: readonly Problem[] = [];

  /** Notes one; the same one again and again takes one place. */
  note(problem: Omit<Problem, 'count'>): void {
    const [last, ...others] = this.#problems;
    const isSame = last?.message === problem.message && last.cause === problem.cause && last.level === problem.level;
    const next = isSame
      ? [{ ...problem, count: last.count + 1 }, ...others]
      : [{ ...problem, count: 1 }, ...this.#problems];
    this.#problems = next.slice(0, MAX_PROBLEMS);
  }

  /** Returns them, the newest first. */
  all(): readonly Problem[] {
    return this.#problems;
  }
}
