import type { Clock } from './clock.ts';

/**
 * Spreads work over time: so much a second, and up to `burst` at once after a pause. Those who wait are served in the
 * order in which they asked (the "virtual scheduling" form of the generic cell rate algorithm, ITU-T I.371).
 */
export class Pace {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: Clock;
  /** When all that was granted so far would have been done without a pause. */
  #doneAt = 0;

  constructor({ perSecond, burst, clock }: { perSecond: number; burst: number; clock: Clock }) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
  }

  /** Returns the milliseconds after which `amount` could be done, if it were asked for now. */
  waitFor(amount: number): number {
    return Math.max(0, this.#after(amount) - this.#clock.now() - (this.#burst / this.#perSecond) * 1000);
  }

  /** Reserves the next turn for `amount`; returns the milliseconds until then. */
  reserve(amount: number): number {
    const wait = this.waitFor(amount);
    this.#doneAt = this.#after(amount);
    return wait;
  }

  /** Waits for the turn of `amount`. Rejects with the signal's reason; its part of the time is then lost. */
  async take(amount: number, signal: AbortSignal): Promise<void> {
    const wait = this.reserve(amount);
    if (wait > 0) {
      await this.#clock.sleep(wait, signal);
    }
  }

  #after(amount: number): number {
    return Math.max(this.#doneAt, this.#clock.now()) + (amount / this.#perSecond) * 1000;
  }
}
