import type { Clock } from '../lib/clock.ts';

const WINDOW_MS = 60 * 1000;
/**
 * A client that walks all mounts asks for the missing ones, too. This is a few in the budget of the smallest tenant
 * (1,250 units a minute).
 */
const MAX_ABSENCES = 30;

/**
 * How many drives of one tenant were proven absent lately. Microsoft throttles the address of whoever asks for many
 * that are not there (SharePoint docs).
 */
export class AbsenceBudget {
  readonly #clock: Clock;
  #times: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one. */
  note(): void {
    this.#times = [...this.#recent(), this.#clock.now()];
  }

  /** Until drives that may be missing can be asked for again; 0 when that is now. */
  waitSeconds(): number {
    const recent = this.#recent();
    const [oldest] = recent;
    return oldest === undefined || recent.length < MAX_ABSENCES
      ? 0
      : Math.ceil((oldest + WINDOW_MS - this.#clock.now()) / 1000);
  }

  #recent(): readonly number[] {
    const since = this.#clock.now() - WINDOW_MS;
    return this.#times.filter(time => time > since);
  }
}
