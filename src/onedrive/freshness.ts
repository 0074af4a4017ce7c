import type { Clock } from '../lib/clock.ts';
import type { DriveFeed, Follower } from './drive-feed.ts';
import { MAX_AGE_MS } from './feed-facts.ts';

export interface FreshnessOptions {
  /** Milliseconds for which an answer of Graph is taken as true. */
  readonly ttlMs: number;
  readonly clock: Clock;
  /** When it is aborted, nothing is remembered, and no feed is followed. */
  readonly ended?: AbortSignal | undefined;
  /** Returns false when others may have written something without telling; then nothing is believed. */
  readonly isCurrent?: () => boolean;
  /** The feed of the drive's changes, once there is one. */
  readonly feed?: () => DriveFeed | undefined;
}

/** How long metadata is believed: for a moment, and for as long as a feed would report its changes. */
export class Freshness {
  readonly #options: FreshnessOptions;
  /** The feed follows everything seen since then. */
  #followedSince = Number.POSITIVE_INFINITY;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  now(): number {
    return this.#options.clock.now();
  }

  /** `follower` has got something from Graph, so that the drive is there, and has a feed. */
  follow(follower: Follower): void {
    if (this.#options.ended?.aborted !== true) {
      this.#options.feed?.()?.follow(follower);
    }
  }

  unfollow(follower: Follower): void {
    this.#options.feed?.()?.unfollow(follower);
  }

  feedBegins(): void {
    this.#followedSince = this.now();
  }

  /** Returns true when metadata seen at `at`, in milliseconds, is still believed. */
  isTrue(at: number): boolean {
    const isBelieved = this.#isYoung(at) || (this.#isFollowed(at) && this.#options.feed?.()?.isFresh === true);
    return isBelieved && this.#options.isCurrent?.() !== false;
  }

  /** Does the same for a request that uses the drive. */
  isStillTrue(at: number): boolean {
    this.#options.feed?.()?.use();
    return this.isTrue(at);
  }

  /** Reads the feed when that can save a new request for metadata that was seen at `seenAt`. */
  async catchUp(seenAt: () => number | undefined, signal: AbortSignal): Promise<void> {
    const feed = this.#options.feed?.();
    if (feed === undefined) {
      return;
    }
    feed.use();
    const at = feed.canCatchUp && !feed.isFresh ? seenAt() : undefined;
    if (at !== undefined && this.#isFollowed(at) && !this.#isYoung(at)) {
      await feed.catchUp(signal);
    }
  }

  #isYoung(at: number): boolean {
    return at + this.#options.ttlMs > this.now();
  }

  #isFollowed(at: number): boolean {
    return at >= this.#followedSince && at + MAX_AGE_MS > this.now();
  }
}
