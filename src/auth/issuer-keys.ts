import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

/** The shortest time between two readings: a stranger's invented key ids must not become requests to the issuer. */
const COOL_DOWN_MS = 30_000;
/** Then the keys are read again, beside the requests that use them. */
const FRESH_MS = 60 * 60_000;
/** The longest time that keys are trusted while they cannot be read again; Entra asks for once a day. */
const TRUSTED_MS = 24 * 60 * 60_000;
const TIMEOUT_MS = 10_000;

/** What an issuer publishes of itself. */
export interface PublishedIssuer {
  /** The claim `iss` of its tokens. */
  readonly issuer: string;
  readonly keys: JSONWebKeySet;
}

/** The issuer's keys cannot be had, so nobody can tell whether a token is genuine. */
export class KeysUnknownError extends Error {
  override readonly name = 'KeysUnknownError';
  readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('the keys of the issuer cannot be read');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

interface Known extends Pick<PublishedIssuer, 'issuer'> {
  readonly kids: ReadonlySet<unknown>;
  readonly find: JWTVerifyGetKey;
  /** Milliseconds since 1970. */
  readonly read: number;
}

export interface IssuerKeysOptions {
  /** Reads what the issuer publishes. */
  readonly load: (signal: AbortSignal) => Promise<PublishedIssuer>;
  readonly clock: Clock;
  readonly log: Pick<Log, 'warn'>;
}

/** The keys of one issuer: read on first use, kept, and read again for a new key id and once an hour. */
export class IssuerKeys {
  readonly #options: IssuerKeysOptions;
  #known: Known | undefined;
  #loading: Promise<void> | undefined;
  #nextTry = 0;
  #hasFailed = false;

  constructor(options: IssuerKeysOptions) {
    this.#options = options;
  }

  /** Returns the issuer's name. Throws KeysUnknownError. */
  async issuer(): Promise<string> {
    if (this.#trusted() === undefined) {
      await this.#loadUnlessCooling();
    }
    return (this.#trusted() ?? this.#giveUp()).issuer;
  }

  /** Tells whether tokens of a key are still valid. Looks after the age of the keys as well. */
  has(kid: string): boolean {
    const known = this.#trusted();
    if (known !== undefined && this.#options.clock.now() - known.read >= FRESH_MS) {
      void this.#loadUnlessCooling();
    }
    return known?.kids.has(kid) ?? false;
  }

  /** Finds the key of a token, for `jose`. Throws KeysUnknownError, and jose's errors when the issuer has no such key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (header.kid === undefined) {
      throw new errors.JWKSNoMatchingKey();
    }
    if (!this.has(header.kid)) {
      await this.#loadUnlessCooling();
    }
    const known = this.#trusted();
    if (known === undefined || (this.#hasFailed && !known.kids.has(header.kid))) {
      return this.#giveUp();
    }
    return known.find(header, token);
  };

  #trusted(): Known | undefined {
    const isTrusted = this.#known !== undefined && this.#options.clock.now() - this.#known.read < TRUSTED_MS;
    return isTrusted ? this.#known : undefined;
  }

  #loadUnlessCooling(): Promise<void> | undefined {
    const now = this.#options.clock.now();
    if (this.#loading === undefined && now >= this.#nextTry) {
      this.#nextTry = now + COOL_DOWN_MS;
      this.#loading = this.#load().finally(() => {
        this.#loading = undefined;
      });
    }
    return this.#loading;
  }

  async #load(): Promise<void> {
    const { load, clock, log } = this.#options;
    try {
      const { issuer, keys } = await load(AbortSignal.timeout(TIMEOUT_MS));
      const kids = new Set(keys.keys.map(({ kid }) => kid));
      this.#known = { issuer, kids, find: createLocalJWKSet(keys), read: clock.now() };
      this.#hasFailed = false;
    } catch (error) {
      this.#hasFailed = true;
      log.warn({ err: error }, 'the keys of an issuer of tokens cannot be read');
    }
  }

  #giveUp(): never {
    const wait = Math.ceil((this.#nextTry - this.#options.clock.now()) / 1000);
    throw new KeysUnknownError(Math.max(1, wait));
  }
}
