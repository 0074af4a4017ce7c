import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';
import type { PeerMessages, Peers } from '../state/peers.ts';

/** The number of wrong passwords in a row that a person may type. */
const FREE_FAILURES = 10;
const FIRST_BLOCK_MS = 5_000;
const LONGEST_BLOCK_MS = 5 * 60_000;
/**
 * The maximum number of sources; the longest unseen go first. Their keys are digests: a name may be as long as a header,
 * and what is told to other servers must be short.
 */
const MAX_SOURCES = 10_000;

export interface AttemptsOptions {
  /** Failures after which the source must wait. */
  readonly free?: number;
  /** Counts together with what the same `gate` of other servers counts; absent: for itself. */
  readonly shared?: undefined | { readonly peers: Peers; readonly gate: string };
}

type GuessEvent = PeerMessages['guess']['event'];

/**
 * Counts wrong passwords by source (an address, or an address and a name) and makes a source that keeps guessing wait.
 * A right password clears it. Servers that share a state count together; a new one begins with nothing.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #free: number;
  readonly #tell: (key: string, event: GuessEvent) => Promise<void>;
  /** Does not count what others count any more. */
  readonly end: () => void;
  readonly #failures = new LRUCache<string, { count: number; until: number }>({
    ...atMost(MAX_SOURCES),
    ttl: 60 * 60_000,
  });

  constructor(clock: Clock, { free = FREE_FAILURES, shared }: AttemptsOptions = {}) {
    this.#clock = clock;
    this.#free = free;
    this.#tell = async (key, event) => shared?.peers.tell('guess', { gate: shared.gate, source: key, event });
    const end = shared?.peers.on('guess', ({ gate, source, event }) => {
      if (gate === shared.gate) {
        this.#note[event](source);
      }
    });
    this.end = () => end?.();
  }

  /** Returns the seconds that this source must wait; 0 when it may try. */
  waitSeconds(source: string): number {
    const until = this.#failures.get(keyOf(source))?.until ?? 0;
    return Math.max(0, Math.ceil((until - this.#clock.now()) / 1000));
  }

  /** Counts a failure. Resolves when other servers count it as well: who guesses gets no answer before. */
  failed(source: string): Promise<void> {
    return this.#noteAndTell(keyOf(source), 'failed');
  }

  /** Takes back a counted failure: the password was not checked. */
  undo(source: string): void {
    void this.#noteAndTell(keyOf(source), 'undo');
  }

  succeeded(source: string): void {
    // Most are right at once, and then others know nothing to clear either.
    const key = keyOf(source);
    if (this.#failures.has(key)) {
      void this.#noteAndTell(key, 'succeeded');
    }
  }

  #noteAndTell(key: string, event: GuessEvent): Promise<void> {
    this.#note[event](key);
    return this.#tell(key, event);
  }

  /** An event without a line does not compile. */
  readonly #note: Record<GuessEvent, (key: string) => void> = {
    failed: key => {
      const count = (this.#failures.get(key)?.count ?? 0) + 1;
      const excess = count - this.#free;
      const block = excess < 0 ? 0 : Math.min(FIRST_BLOCK_MS * 2 ** excess, LONGEST_BLOCK_MS);
      this.#failures.set(key, { count, until: this.#clock.now() + block });
    },
    undo: key => {
      const known = this.#failures.get(key);
      if (known !== undefined) {
        const isFree = known.count - 1 < this.#free;
        this.#failures.set(key, { count: Math.max(0, known.count - 1), until: isFree ? 0 : known.until });
      }
    },
    succeeded: key => void this.#failures.delete(key),
  };
}

function keyOf(source: string): string {
  return hash('sha256', source, 'base64url');
}
