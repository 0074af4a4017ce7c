import type { Clock } from '../lib/clock.ts';
import type { NoteStore } from '../state/note-store.ts';
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

/**
 * The sign-ins under way. Each is taken once, by the browser that began it, at any server. When there are too many, the
 * address with the most loses its oldest, so that a flood shuts out only itself.
 */
export class PendingSignIns {
  readonly #notes: NoteStore;
  readonly #clock: Clock;

  constructor(notes: NoteStore, clock: Clock) {
    this.#notes = notes;
    this.#clock = clock;
  }

  async add(pending: PendingSignIn): Promise<void> {
    const { checks, browser, address: owner } = pending;
    const now = this.#clock.now();
    const ends = now + PENDING_MS;
    const value = JSON.stringify(pending);
    await this.#notes.put({ kind: 'sign-in-browser', key: browser, owner, value: '', ends }, now);
    await this.#notes.put({ kind: 'sign-in', key: checks.state, owner, value, ends }, now);
  }

  /** Returns true when this browser has begun a sign-in within the last `PENDING_MS`. */
  async hasBrowser(browser: string): Promise<boolean> {
    return (await this.#notes.get('sign-in-browser', browser, this.#clock.now())) !== undefined;
  }

  /**
   * Takes the sign-in of a state. `foreign`: another browser has begun it, and it stays, since the browser that has may
   * still come. `unknown`: none, taken before, or too old.
   */
  async take(state: string, browser: string | undefined): Promise<PendingSignIn | 'unknown' | 'foreign'> {
    const now = this.#clock.now();
    const value = await this.#notes.get('sign-in', state, now);
    if (value === undefined) {
      return 'unknown';
    }
    const pending = JSON.parse(value) as PendingSignIn;
    if (pending.browser !== browser) {
      return 'foreign';
    }
    // A state is random and used once: whatever is taken is what was found. Another request may have taken it.
    return (await this.#notes.take('sign-in', state, now)) === undefined ? 'unknown' : pending;
  }
}
