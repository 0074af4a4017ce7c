import { parseRetryAfter } from '../graph/errors.ts';
import type { HttpAnswer } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';

/** What the client waits for when a 429 does not say how long. */
const DEFAULT_SILENCE_SECONDS = 5;

/** What Microsoft's answers said about how much may be asked, and how long they asked for silence. */
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

  /** How often silence was asked for. */
  get silences(): number {
    return this.#silences;
  }

  /** Who asked for it last. */
  get host(): string {
    return this.#host;
  }

  /** Milliseconds since 1970; 0 when nobody has asked for silence. */
  get until(): number {
    return this.#until;
  }

  /** Sent from 80 % of what an application may ask in a minute (SharePoint docs, "Avoid getting throttled"). */
  get left(): { readonly limit: number; readonly remaining: number } | undefined {
    return this.#left;
  }

  isSilent(): boolean {
    return this.#until > this.#clock.now();
  }

  /** To be told of every answer. */
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
