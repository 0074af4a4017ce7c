import type { Clock } from '../lib/clock.ts';

const WINDOW_MS = 60 * 1000;
/**
 * A client that walks all mounts requests the missing ones, too. This limit is a small part of the smallest tenant's
 * budget (1,250 units a minute).
 */
const MAX_ABSENCES = 30;

/**
 * The number of drives of one tenant that were recently proven absent. Microsoft throttles an address that requests
 * many missing drives (SharePoint docs).
 */
export class AbsenceBudget {
  readonly #clock: Clock;
  #times: readonly number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts one absence. */
  note(): void {
    this.#times = [...this.#recent(), this.#clock.now()];
  }

  /** Returns the seconds until drives that may be missing can be requested again; 0 when they can be now. */
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
