import type { Clock } from '../lib/clock.ts';
import type { SignInChecks } from './provider.ts';

/** A sign-in whose browser is at the provider. */
export interface PendingSignIn {
  readonly checks: SignInChecks;
  readonly redirectUri: string;
  /** Where it goes on: a path, and perhaps a query, of this server. */
  readonly returnTo: string;
  /** Digest of the cookie of the browser that began it. */
  readonly browser: string;
  /** The client's address. */
  readonly address: string;
}

/** How long a person may take on the provider's pages. */
export const PENDING_MS = 10 * 60_000;
const MAX_PENDING = 10_000;

/**
 * The sign-ins under way. Each is taken once, by the browser that began it. When there are too many, the address with
 * the most loses its oldest, so that a flood shuts out only itself. Process-wide and not shared.
 */
export class PendingSignIns {
  readonly #clock: Clock;
  readonly #max: number;
  /** By state, in the order in which they began. */
  readonly #pending = new Map<string, PendingSignIn & { readonly ends: number }>();
  /** The number of them by address. */
  readonly #counts = new Map<string, number>();

  constructor(clock: Clock, max = MAX_PENDING) {
    this.#clock = clock;
    this.#max = max;
  }

  add(pending: PendingSignIn): void {
    this.#forgetEnded();
    if (this.#pending.size >= this.#max) {
      this.#makeRoom();
    }
    this.#pending.set(pending.checks.state, { ...pending, ends: this.#clock.now() + PENDING_MS });
    this.#counts.set(pending.address, (this.#counts.get(pending.address) ?? 0) + 1);
  }

  /** Returns true when this browser has begun a sign-in that is under way. */
  hasBrowser(browser: string): boolean {
    this.#forgetEnded();
    return this.#pending.values().some(pending => pending.browser === browser);
  }

  /**
   * Takes the sign-in of a state. `foreign`: another browser has begun it, and it stays, since the browser that has may
   * still come. `unknown`: none, taken before, or too old.
   */
  take(state: string, browser: string | undefined): PendingSignIn | 'unknown' | 'foreign' {
    this.#forgetEnded();
    const pending = this.#pending.get(state);
    if (pending === undefined) {
      return 'unknown';
    }
    if (pending.browser !== browser) {
      return 'foreign';
    }
    this.#forget(state, pending);
    return pending;
  }

  #forgetEnded(): void {
    const now = this.#clock.now();
    for (const [state, pending] of this.#pending) {
      if (pending.ends > now) {
        break;
      }
      this.#forget(state, pending);
    }
  }

  #makeRoom(): void {
    let most: [address: string, count: number] | undefined;
    for (const entry of this.#counts) {
      most = entry[1] > (most?.[1] ?? 0) ? entry : most;
    }
    const [state, pending] = this.#pending.entries().find(([, { address }]) => address === most?.[0])!;
    this.#forget(state, pending);
  }

  #forget(state: string, { address }: PendingSignIn): void {
    this.#pending.delete(state);
    const left = this.#counts.get(address)! - 1;
    if (left === 0) {
      this.#counts.delete(address);
    } else {
      this.#counts.set(address, left);
    }
  }
}
