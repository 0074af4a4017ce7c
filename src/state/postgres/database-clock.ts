import type { Log } from '../../lib/log.ts';

/** Less is the work of a message, and not of a clock. */
const TOLERATED_MS = 2_000;

/**
 * How far the clock of this machine is from that of the database, by which locks end: so they end at one moment for all
 * servers.
 */
export class DatabaseClock {
  readonly #log: Log;
  readonly #wall: () => number;
  #offsetMs = 0;

  /** `wall`: the clock of this machine, in milliseconds since 1970. */
  constructor(log: Log, wall: () => number = Date.now) {
    this.#log = log;
    this.#wall = wall;
  }

  /** What is to be added to the time of this machine, in milliseconds; 0 while both are nearly equal. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** Returns a function that takes the time of the database, which has read it since this call. */
  ask(): (databaseNow: number) => void {
    const asked = this.#wall();
    return databaseNow => {
      const now = this.#wall();
      const offset = databaseNow - (asked + now) / 2;
      const isSteady = Math.abs(offset - this.#offsetMs) <= TOLERATED_MS + (now - asked) / 2;
      if (!isSteady) {
        this.#offsetMs = Math.abs(offset) <= TOLERATED_MS ? 0 : Math.round(offset);
        this.#tell();
      }
    };
  }

  #tell(): void {
    const seconds = Math.round(Math.abs(this.#offsetMs) / 1000);
    if (seconds === 0) {
      this.#log.info("the clock of this machine is again that of the state's database");
      return;
    }
    const words = `${seconds} s ${this.#offsetMs < 0 ? 'ahead of' : 'behind'} that of the state's database`;
    this.#log.warn(`the clock of this machine is ${words}: locks go by that one; set the clock (NTP)`);
  }
}
