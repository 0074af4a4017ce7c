import type { Clock } from './clock.ts';

interface Waiter {
  readonly lane: string;
  readonly enter: () => void;
}

/**
 * Lets a number of tasks run at once. When one ends, the lane with the fewest running tasks is next, and among equals
 * the one that has waited longest.
 */
export class FairSlots {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #waiting: Waiter[] = [];
  readonly #active = new Map<string, number>();
  #count = 0;

  constructor(max: number, clock: Clock) {
    this.#max = max;
    this.#clock = clock;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for a place; returns the function that gives it back, which may be called more than once. Resolves with
   * undefined after `patienceMs` without one. Rejects with the signal's reason.
   */
  async take(lane: string, options: { signal: AbortSignal; patienceMs: number }): Promise<(() => void) | undefined> {
    options.signal.throwIfAborted();
    return this.takeNow(lane) ?? ((await this.#wait(lane, options)) ? this.#ending(lane) : undefined);
  }

  /** Takes a place like `take`, or returns undefined when there is none: nobody waits while there is one. */
  takeNow(lane: string): (() => void) | undefined {
    if (this.#count >= this.#max) {
      return undefined;
    }
    this.#enter(lane, 1);
    return this.#ending(lane);
  }

  #ending(lane: string): () => void {
    let isTaken = true;
    return () => {
      if (isTaken) {
        isTaken = false;
        this.#enter(lane, -1);
        this.#letIn();
      }
    };
  }

  /** Returns whether there was a place in time. */
  async #wait(lane: string, { signal, patienceMs }: { signal: AbortSignal; patienceMs: number }): Promise<boolean> {
    const entered = new AbortController();
    const waiter = { lane, enter: () => entered.abort() };
    this.#waiting.push(waiter);
    try {
      await this.#clock.sleep(patienceMs, AbortSignal.any([signal, entered.signal]));
    } catch {
      // Entered, or aborted.
    }
    if (entered.signal.aborted) {
      // Both may have happened at once; the task then ends at once, and gives its place back.
      return true;
    }
    this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
    signal.throwIfAborted();
    return false;
  }

  #letIn(): void {
    while (this.#count < this.#max && this.#waiting.length > 0) {
      const next = this.#waiting.reduce((best, each) => (this.#of(each) < this.#of(best) ? each : best));
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#enter(next.lane, 1);
      next.enter();
    }
  }

  #of({ lane }: Waiter): number {
    return this.#active.get(lane) ?? 0;
  }

  #enter(lane: string, change: 1 | -1): void {
    this.#count += change;
    const active = (this.#active.get(lane) ?? 0) + change;
    if (active === 0) {
      this.#active.delete(lane);
    } else {
      this.#active.set(lane, active);
    }
  }
}
