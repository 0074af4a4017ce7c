import { LockedPlaces } from '../locked-places.ts';
import type { Peers } from '../peers.ts';

/** Expired locks stay in the memory until it is read anew; so often at most. */
const READ_AGAIN_MS = 60_000;
/** Of one message, which must be short: see `encodeMessage`. */
const MAX_TOKENS = 100;

type PlaceOfLock = readonly [token: string, key: string];
/** Returns the places of all locks; with `isTidy`, without those that have expired long ago. */
type ReadPlaces = (options: { readonly isTidy: boolean }) => Promise<readonly PlaceOfLock[]>;

/**
 * The places that have locks, as far as this server knows: it has read them once, and has been told of all since then.
 * So most requests need no query. It may be used only while nothing can have been missed.
 */
export class LockMemory {
  readonly #peers: Peers;
  readonly #read: ReadPlaces;
  #places: LockedPlaces | undefined;
  #readAt = 0;
  /** What was told while the places are read. */
  #meanwhile: PlaceOfLock[] | undefined;
  #changes = 0;

  constructor(peers: Peers, read: ReadPlaces) {
    this.#peers = peers;
    this.#read = read;
    peers.on('lock', ({ token, key }) => this.#note(token, key));
    peers.on('unlock', ({ tokens }) => this.#places?.delete(tokens));
    peers.onGap(() => this.#forget());
  }

  /** Returns a number that grows with each lock taken or changed; while that cannot be known, with each call. */
  changes(): number {
    if (!this.#peers.isCurrent()) {
      this.#changes += 1;
    }
    return this.#changes;
  }

  /** Returns true when there is certainly no lock at all. */
  isEmpty(): boolean {
    return this.#known()?.isEmpty() === true;
  }

  /** Returns true when there is certainly no lock at any of these places. */
  hasNoneAt(keys: readonly string[]): boolean {
    return this.#known()?.hasAny(keys) === false;
  }

  /** This server has taken a lock, at the place with the `key`, or changed it. Resolves when all others know. */
  async changed(token: string, key?: string): Promise<void> {
    this.#note(token, key);
    await this.#peers.tell('lock', { token, ...(key !== undefined && { key }) });
  }

  /** This server has ended locks. */
  async ended(tokens: readonly string[]): Promise<void> {
    this.#places?.delete(tokens);
    const messages: Promise<void>[] = [];
    for (let first = 0; first < tokens.length; first += MAX_TOKENS) {
      messages.push(this.#peers.tell('unlock', { tokens: tokens.slice(first, first + MAX_TOKENS) }));
    }
    await Promise.all(messages);
  }

  #note(token: string, key: string | undefined): void {
    this.#changes += 1;
    if (key !== undefined) {
      this.#places?.set(token, key);
      this.#meanwhile?.push([token, key]);
    }
  }

  #forget(): void {
    this.#changes += 1;
    this.#places = undefined;
    this.#meanwhile = undefined;
  }

  #known(): LockedPlaces | undefined {
    if (!this.#peers.isCurrent()) {
      return undefined;
    }
    const isOld = this.#places?.isEmpty() === false && performance.now() - this.#readAt > READ_AGAIN_MS;
    if ((this.#places === undefined || isOld) && this.#meanwhile === undefined) {
      void this.read({ isTidy: isOld });
    }
    return this.#places;
  }

  /** Reads the places anew. A lock that ends meanwhile may stay until the next time, which is allowed. */
  async read(options: { readonly isTidy: boolean }): Promise<void> {
    const meanwhile: PlaceOfLock[] = [];
    this.#meanwhile = meanwhile;
    const places = await this.#read(options).catch(() => undefined);
    if (this.#meanwhile !== meanwhile) {
      // A gap came in between.
      return;
    }
    this.#meanwhile = undefined;
    if (places !== undefined) {
      this.#places = new LockedPlaces([...places, ...meanwhile]);
      this.#readAt = performance.now();
    }
  }
}
