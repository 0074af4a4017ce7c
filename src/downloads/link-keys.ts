import { LRUCache } from 'lru-cache';
import type { Drive } from '../drive/drive.ts';
import { isSameSecret } from './signature.ts';

/** A key and what it opens: the files of some mounts, to read. */
export interface LinkKey {
  readonly secret: string;
  readonly drive: Drive;
}

/** Makes an address wait that goes on guessing. */
export interface KeyAttempts {
  /** Seconds that this address must wait; 0 when it may try. */
  waitSeconds(address: string): number;
  failed(address: string): void;
  succeeded(address: string): void;
}

export type KeyVerdict =
  | { readonly drive: Drive }
  | { readonly refused: 'missing' | 'wrong' }
  | { readonly refused: 'blocked'; readonly retryAfterSeconds: number };

/** Pairs of an address and a key that was right from there; only who has a key can add one. */
const MAX_PROVEN = 1_000;

/** Finds out what a download proxy may ask for, by the key that it sends. */
export class LinkKeys {
  readonly #keys: readonly LinkKey[];
  readonly #attempts: KeyAttempts;
  readonly #proven = new LRUCache<string, true>({ max: MAX_PROVEN });

  constructor(keys: readonly LinkKey[], attempts: KeyAttempts) {
    this.#keys = keys;
    this.#attempts = attempts;
  }

  /**
   * What `authorization` opens, sent from `address`. A key that was right from there before is not made to wait: where
   * a reverse proxy is not trusted, or one address is that of many, whoever guesses would else shut out the proxy that
   * does not.
   */
  check(authorization: string | undefined, address: string): KeyVerdict {
    if (authorization === undefined) {
      return { refused: 'missing' };
    }
    const index = this.#find(authorization);
    const pair = `${index} ${address}`;
    if (this.#proven.get(pair)) {
      return { drive: this.#keys[index]!.drive };
    }
    const retryAfterSeconds = this.#attempts.waitSeconds(address);
    if (retryAfterSeconds > 0) {
      return { refused: 'blocked', retryAfterSeconds };
    }
    if (index === -1) {
      this.#attempts.failed(address);
      return { refused: 'wrong' };
    }
    this.#attempts.succeeded(address);
    this.#proven.set(pair, true);
    return { drive: this.#keys[index]!.drive };
  }

  /**
   * The place of the key, or -1. AList's and OpenList's proxies send it bare; as a Bearer token (RFC 6750 §2.1) it is
   * good too.
   */
  #find(authorization: string): number {
    const readings = [authorization, authorization.replace(/^Bearer +/i, '')];
    // Each key is compared in each way, so that the time does not tell which of them fits.
    return this.#keys
      .map(({ secret }) => readings.map(reading => isSameSecret(reading, secret)).includes(true))
      .indexOf(true);
  }
}
