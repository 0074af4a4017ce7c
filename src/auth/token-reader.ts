import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.ts';
import { checkToken, type GoodToken, type TokenRefusal, type TrustedIssuer } from './token-check.ts';

/** The tokens of this many programs are checked once; each has one an hour. */
const MAX_TOKENS = 10_000;

/** What a token says, and whether it has been seen before. */
export type ReadToken = { readonly isNew: boolean } & (GoodToken | TokenRefusal);

/**
 * Checks tokens, and remembers the good ones by their digest until they end or their key is withdrawn: clients send the
 * same one with each request.
 */
export class TokenReader {
  readonly #issuers: readonly TrustedIssuer[];
  readonly #clock: Clock;
  readonly #good = new LRUCache<string, GoodToken>({ max: MAX_TOKENS });

  constructor(issuers: readonly TrustedIssuer[], clock: Clock) {
    this.#issuers = issuers;
    this.#clock = clock;
  }

  /** Throws KeysUnknownError when nobody can tell. */
  async read(token: string): Promise<ReadToken> {
    const digest = hash('sha256', token, 'base64');
    const known = this.#good.get(digest);
    if (known !== undefined && this.#clock.now() < known.until && known.isKeyValid()) {
      return { ...known, isNew: false };
    }
    this.#good.delete(digest);
    const checked = await checkToken(token, this.#issuers, this.#clock);
    if (!('refused' in checked)) {
      this.#good.set(digest, checked);
    }
    return { ...checked, isNew: true };
  }
}
