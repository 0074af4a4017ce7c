import { LRUCache } from 'lru-cache';
import type { Drive } from '../drive/drive.ts';
import { atMost } from '../lib/at-most.ts';
import { isSameSecret } from './signature.ts';

/** A key and the mounts whose files it may read. */
export interface LinkKey {
  readonly secret: string;
  readonly drive: Drive;
}

/** Makes an address that keeps guessing wait. */
export interface KeyAttempts {
  /** Returns the seconds that this address must wait; 0 when it may try. */
  waitSeconds(address: string): number;
  failed(address: string): unknown;
  succeeded(address: string): void;
}

export type KeyVerdict =
  | { readonly drive: Drive }
  | { readonly refused: 'missing' | 'wrong' }
  | { readonly refused: 'blocked'; readonly retryAfterSeconds: number };

/** The maximum number of pairs of an address and a key that was right from there; only holders of a key can add one. */
const MAX_PROVEN = 1_000;

/** Finds the mounts that a download proxy may use, by its key. */
export class LinkKeys {
  readonly #keys: readonly LinkKey[];
  readonly #attempts: KeyAttempts;
  readonly #proven = new LRUCache<string, true>(atMost(MAX_PROVEN));

  constructor(keys: readonly LinkKey[], attempts: KeyAttempts) {
    this.#keys = keys;
    this.#attempts = attempts;
  }

  /**
   * Checks `authorization`, sent from `address`. A key that was right from there before need not wait: where a reverse
   * proxy is not trusted, or clients share an address, a guesser would otherwise lock out the real proxy.
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
      void this.#attempts.failed(address);
      return { refused: 'wrong' };
    }
    this.#attempts.succeeded(address);
    this.#proven.set(pair, true);
    return { drive: this.#keys[index]!.drive };
  }

  /**
   * Returns the index of the key, or -1. AList's and OpenList's proxies send it bare; a Bearer token (RFC 6750 §2.1) is
   * accepted too.
   */
  #find(authorization: string): number {
    const readings = [authorization, authorization.replace(/^Bearer +/i, '')];
    // Each key is compared in each form, so that the time does not reveal which one matches.
    return this.#keys
      .map(({ secret }) => readings.map(reading => isSameSecret(reading, secret)).includes(true))
      .indexOf(true);
  }
}
