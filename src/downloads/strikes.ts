import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';

/** A client that follows redirects does not return for the same bytes this soon. */
const SUSPICIOUS_MS = 5_000;
/** Once may be a double click, or a program that verifies its copy. */
const STRIKES = 2;
const FALLBACK_MS = 60 * 60_000;
/** The limit for each of the two tables. Their keys are digests, so an entry is a few hundred bytes for any request. */
const MAX_REMEMBERED = 10_000;

/** The client and the bytes of one request. */
export interface Asking {
  /** User and program: a redirect that fails for one program works for another. */
  readonly client: string;
  /** The file and the range. */
  readonly bytes: string;
}

/** A redirect, by digests: of the client, and of the client with the bytes. */
export interface Redirect {
  readonly client: string;
  readonly asking: string;
  /** The client never loses its redirects. */
  readonly keeps: boolean;
}

/** Notices clients that cannot use a redirect: they request the same file again at once, perhaps from another server. */
export class Strikes {
  readonly #clock: Clock;
  readonly #tell: (redirect: Redirect) => void;
  readonly #redirects: LRUCache<string, { readonly at: number; readonly strikes: number }>;
  readonly #fallbackUntil: LRUCache<string, number>;

  /** `tell` is called with each redirect of this server. */
  constructor(clock: Clock, tell: (redirect: Redirect) => void = () => {}) {
    this.#clock = clock;
    this.#tell = tell;
    this.#redirects = new LRUCache(atMost(MAX_REMEMBERED));
    this.#fallbackUntil = new LRUCache(atMost(MAX_REMEMBERED));
  }

  /** Returns true when this client currently gets everything through this server. */
  hasFailed({ client }: Asking): boolean {
    return (this.#fallbackUntil.get(keyOf(client)) ?? 0) > this.#clock.now();
  }

  /**
   * Returns true when the client was redirected for the same bytes a moment ago: perhaps that address does not work.
   */
  hasComeBack({ client, bytes }: Asking): boolean {
    return this.#recent(keyOf(client, bytes)) !== undefined;
  }

  /**
   * Notes a redirect; returns true when the client has come back for the same bytes too often and loses its redirects
   * for an hour. `keeps`: it never loses them.
   */
  redirected({ client, bytes }: Asking, { keeps = false }: { keeps?: boolean } = {}): boolean {
    const redirect = { client: keyOf(client), asking: keyOf(client, bytes), keeps };
    this.#tell(redirect);
    return this.note(redirect);
  }

  /** Does the same for a redirect of another server. */
  note({ client, asking, keeps }: Redirect): boolean {
    const now = this.#clock.now();
    const last = this.#recent(asking);
    const strikes = last === undefined || keeps ? 0 : last.strikes + 1;
    this.#redirects.set(asking, { at: now, strikes });
    if (strikes < STRIKES) {
      return false;
    }
    this.#redirects.delete(asking);
    this.#fallbackUntil.set(client, now + FALLBACK_MS);
    return true;
  }

  #recent(key: string): { readonly strikes: number } | undefined {
    const last = this.#redirects.get(key);
    return last !== undefined && this.#clock.now() - last.at < SUSPICIOUS_MS ? last : undefined;
  }
}

/** Digests the parts: a header can have 16 KiB, and each client chooses its own. */
function keyOf(...parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64');
}
