import { parseRetryAfter } from '../graph/errors.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';

/** The client's wait after a 429 without Retry-After. */
const DEFAULT_SILENCE_SECONDS = 5;

/** Collects rate limits and throttling from Microsoft's answers. */
export class Traffic {
  readonly #clock: Clock;
  #answers = 0;
  #silences = 0;
  #until = 0;
  #host = '';
  #left: { limit: number; remaining: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get answers(): number {
    return this.#answers;
  }

  /** The number of throttled answers. */
  get silences(): number {
    return this.#silences;
  }

  /** The host that throttled last. */
  get host(): string {
    return this.#host;
  }

  /** End of the throttling in milliseconds since 1970; 0 when there was none. */
  get until(): number {
    return this.#until;
  }

  /** Sent once an application has used 80 % of its limit per minute (SharePoint docs, "Avoid getting throttled"). */
  get left(): { readonly limit: number; readonly remaining: number } | undefined {
    return this.#left;
  }

  isSilent(): boolean {
    return this.#until > this.#clock.now();
  }

  /** Must be called for every answer. */
  note(url: string, { status, headers }: Pick<HttpAnswer, 'status' | 'headers'>): void {
    const now = this.#clock.now();
    const seconds = parseRetryAfter(headers['retry-after'], now);
    this.#answers += 1;
    if (status === 429 || (status === 503 && seconds !== undefined)) {
      this.#silences += 1;
      this.#until = Math.max(this.#until, now + (seconds ?? DEFAULT_SILENCE_SECONDS) * 1000);
      this.#host = new URL(url).host;
    }
    const [limit, remaining] = [Number(headers['ratelimit-limit']), Number(headers['ratelimit-remaining'])];
    this.#left = Number.isFinite(limit) && Number.isFinite(remaining) ? { limit, remaining } : this.#left;
  }
}
