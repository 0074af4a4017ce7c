import { StateUnavailable } from '../state-unavailable.ts';
import { hasNoConnectionLeft } from './postgres-error.ts';

/** While the database cannot be reached, one attempt is made after so long. */
const PAUSE_MS = 250;

/** All connections of the pool are in use (pg-pool, index.js): as without one left, the database is busy, not away. */
const ALL_IN_USE = 'timeout exceeded when trying to connect';

/**
 * Lets one at a time find out whether a database that could not be reached is there again; the others are refused at
 * once, and do not wait for as long as a connection may take.
 */
export class Reach {
  #failure: unknown;
  #isFailing = false;
  #isTried = false;
  #next = 0;

  async connect<T>(connect: () => Promise<T>): Promise<T> {
    if (this.#isFailing && (this.#isTried || performance.now() < this.#next)) {
      throw new StateUnavailable(this.#failure);
    }
    this.#isTried = true;
    try {
      const connection = await connect();
      this.#isFailing = false;
      return connection;
    } catch (error) {
      if ((error as Error).message !== ALL_IN_USE && !hasNoConnectionLeft(error)) {
        this.#failure = error;
        this.#isFailing = true;
        this.#next = performance.now() + PAUSE_MS;
      }
      throw new StateUnavailable(error);
    } finally {
      this.#isTried = false;
    }
  }
}
