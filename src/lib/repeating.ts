import type { Clock } from './clock.ts';

/** The error of a turn, and the number of failures since the last success. */
export interface FailedTurn {
  readonly error: unknown;
  readonly failures: number;
}

export interface RepeatingOptions {
  readonly work: (signal: AbortSignal) => Promise<void>;
  /** Returns the milliseconds from the end of a turn to the next; `failed` is undefined after a success. */
  readonly pauseAfter: (failed: FailedTurn | undefined) => number;
  /** Milliseconds before the first turn. */
  readonly firstAfter?: number;
  readonly clock: Clock;
}

/** Repeats work, one turn at a time, until it is stopped. Does not keep the process alive. */
export class Repeating {
  readonly #options: RepeatingOptions;
  readonly #controller = new AbortController();
  #running: Promise<void> | undefined;
  #next = 0;

  constructor(options: RepeatingOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Resolves when no turn is running any more. */
  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#running;
  }

  /** Returns the seconds until the next turn begins; 0 while one is running. */
  secondsToNext(): number {
    return Math.max(0, (this.#next - this.#options.clock.now()) / 1000);
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    const { firstAfter = 0, pauseAfter } = this.#options;
    let failures = 0;
    if (firstAfter > 0) {
      await this.#pause(firstAfter);
    }
    while (!signal.aborted) {
      const failed = await this.#turn();
      failures = failed === undefined ? 0 : failures + 1;
      if (!signal.aborted) {
        await this.#pause(pauseAfter(failed && { ...failed, failures }));
      }
    }
  }

  async #turn(): Promise<{ error: unknown } | undefined> {
    try {
      await this.#options.work(this.#controller.signal);
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    const { clock } = this.#options;
    this.#next = clock.now() + milliseconds;
    await clock.sleep(milliseconds, this.#controller.signal, { letsProcessEnd: true }).catch(() => {});
  }
}
