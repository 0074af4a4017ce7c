import type { ObservedTry } from '../graph/observer.ts';

/** So many tries in a row, over so long a time, are no mishap of one request: that alone is tried four times. */
const MIN_FAILURES = 5;
const MIN_MS = 10_000;
/** Of Microsoft or of what is in between; 501 and 507 are about one request. */
const BROKEN = [0, 500, 502, 503, 504];

/** Whether Graph can be used, as the tries of all requests of one tenant show it. */
export class GraphReach {
  #failures = 0;
  #first = 0;

  /** Returns false once a pattern of failures is proven, true after an answer; undefined while it proves nothing. */
  note({ operation, status, headers, isAborted }: ObservedTry, now: number): boolean | undefined {
    // Other hosts; a caller who has gone; a wait that Microsoft asks for.
    if (!/^[A-Z]+ /.test(operation) || isAborted || (status === 503 && headers?.['retry-after'] !== undefined)) {
      return undefined;
    }
    if (!BROKEN.includes(status)) {
      this.#failures = 0;
      return true;
    }
    this.#failures += 1;
    this.#first = this.#failures === 1 ? now : this.#first;
    return this.#failures >= MIN_FAILURES && now - this.#first >= MIN_MS ? false : undefined;
  }
}
