import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';

/** A client that follows does not come back for the same bytes so soon. */
const SUSPICIOUS_MS = 5_000;
/** Once may be a person who clicks twice, or a program that compares what it has just copied. */
const STRIKES = 2;
const FALLBACK_MS = 60 * 60_000;
/**
 * Of each of the two tables. Their keys are digests, so that an entry is a few hundred bytes whatever the client has
 * sent.
 */
const MAX_REMEMBERED = 10_000;

/** One request for bytes: who asks, and for what. */
export interface Asking {
  /** User and program: what fails for one program works for another. */
  readonly client: string;
  /** The file and the range. */
  readonly bytes: string;
}

/**
 * Notices clients that cannot use a redirect: they ask again, at once, for what they were redirected to. It is
 * process-wide and not shared.
 */
export class Strikes {
  readonly #clock: Clock;
  readonly #redirects: LRUCache<string, { readonly at: number; readonly strikes: number }>;
  readonly #fallbackUntil: LRUCache<string, number>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#redirects = new LRUCache({ max: MAX_REMEMBERED });
    this.#fallbackUntil = new LRUCache({ max: MAX_REMEMBERED });
  }

  /** True when this client gets everything through this server for now. */
  hasFailed({ client }: Asking): boolean {
    return (this.#fallbackUntil.get(keyOf(client)) ?? 0) > this.#clock.now();
  }

  /**
   * True when the client was sent elsewhere for the same bytes a moment ago: perhaps the address that it got does not
   * work.
   */
  hasComeBack({ client, bytes }: Asking): boolean {
    return this.#recent(keyOf(client, bytes)) !== undefined;
  }

  /**
   * Notes that the client is sent elsewhere; true when it has come back for the same bytes too often and loses its
   * redirects, for an hour. `keeps`: it does not lose them however often it comes.
   */
  redirected(asking: Asking, { keeps = false }: { keeps?: boolean } = {}): boolean {
    const now = this.#clock.now();
    const key = keyOf(asking.client, asking.bytes);
    const last = this.#recent(key);
    const strikes = last === undefined || keeps ? 0 : last.strikes + 1;
    this.#redirects.set(key, { at: now, strikes });
    if (strikes < STRIKES) {
      return false;
    }
    this.#redirects.delete(key);
    this.#fallbackUntil.set(keyOf(asking.client), now + FALLBACK_MS);
    return true;
  }

  #recent(key: string): { readonly strikes: number } | undefined {
    const last = this.#redirects.get(key);
    return last !== undefined && this.#clock.now() - last.at < SUSPICIOUS_MS ? last : undefined;
  }
}

/** A header can have 16 KiB, and every client writes its own. */
function keyOf(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64');
}
