import { LRUCache } from 'lru-cache';
import { atMost } from '../lib/at-most.ts';
import type { Clock } from '../lib/clock.ts';
import { NO_PEERS, type Peers } from '../state/peers.ts';
import { Strikes } from './strikes.ts';

const MAX_WRITES = 10_000;

/** Recent writes, and clients that failed, as all servers know them; it outlives the settings. */
export class DownloadMemory {
  readonly strikes: Strikes;
  readonly #clock: Clock;
  readonly #peers: Peers;
  /** When an entry was stored, by its id, in milliseconds. */
  readonly #writes = new LRUCache<string, number>(atMost(MAX_WRITES));
  readonly #ends: readonly (() => void)[];

  constructor(clock: Clock, peers: Peers = NO_PEERS) {
    this.#clock = clock;
    this.#peers = peers;
    this.strikes = new Strikes(clock, redirect => void peers.tell('redirect', redirect));
    this.#ends = [
      peers.on('redirect', redirect => void this.strikes.note(redirect)),
      peers.on('stored', ({ id }) => this.#note(id)),
    ];
  }

  /** Returns when a server has stored the entry lately. */
  storedAt(id: string): number | undefined {
    return this.#writes.get(id);
  }

  /** Notes that this server has just stored the entry. */
  stored(id: string): void {
    this.#note(id);
    void this.#peers.tell('stored', { id });
  }

  /** Does not hear of others any more. */
  end(): void {
    for (const end of this.#ends) {
      end();
    }
  }

  #note(id: string): void {
    this.#writes.set(id, this.#clock.now());
  }
}
