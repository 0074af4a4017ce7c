import { type DriveChange, isDeltaUnsupported } from '../graph/delta.ts';
import { isAbsence, isGraphError } from '../graph/errors.ts';
import type { Graph } from '../graph/graph.ts';
import { runForNobody } from '../lib/caller.ts';
import type { Log } from '../lib/log.ts';
import type { FeedStore } from '../state/feed-store.ts';
import type { Peers } from '../state/peers.ts';
import { UNSUPPORTED_RETRY_MS } from './feed-facts.ts';
import { type FeedReader, type FeedSource, isFeedLost, OwnFeedSource } from './feed-source.ts';
import type { FeedSubscriptions } from './feed-subscriptions.ts';
import { SharedFeedSource } from './shared-feed-source.ts';
import { SingleFlight } from './single-flight.ts';

/** A memory of a drive's metadata that follows the drive's feed. */
export interface Follower {
  /** The feed covers everything seen from now on, and nothing seen before. */
  feedBegins(): void;
  apply(changes: readonly DriveChange[]): void;
  /** Makes sure that the feed can be applied to everything known; called now and then. */
  closeGaps(signal: AbortSignal): Promise<void>;
}

export interface LastLook {
  /** When the last complete one began, in milliseconds since 1970; undefined: there was none. */
  readonly at: number | undefined;
  /** Failed ones since then. */
  readonly failures: number;
}

/** What the servers on one state have for their feeds. */
export interface SharedFeeds {
  readonly store: FeedStore;
  readonly peers: Peers;
}

export interface DriveFeedOptions {
  readonly graph: Graph;
  readonly driveId: string;
  /** How old the last look at the feed may be. */
  readonly pollMs: number;
  /** Between two looks in the background. */
  readonly leastPauseMs: () => number;
  /** Tells of changes at once, while the drive is in use. */
  readonly pushes?: Pick<FeedSubscriptions, 'follow' | 'unfollow'> | undefined;
  /** Called when the last follower has left; the feed has then ended, and a new one is needed. */
  readonly onEnd: () => void;
  /** With other servers, of which one reads the feed for all. Absent: this one reads it by itself. */
  readonly shared?: SharedFeeds | undefined;
  readonly log: Log;
}

/** The feed of an unused drive is read less and less often, and not at all after an hour. */
const LONGEST_PAUSE_MS = 10 * 60 * 1000;
const IDLE_MS = 60 * 60 * 1000;
/** In parts of `pollMs`: before the knowledge is too old, and not for all drives at once. */
const PAUSE = { least: 0.8, most: 0.9 };
const FIRST_RETRY_MS = 15 * 1000;

/**
 * The feed of changes in one drive, for the parts that remember its metadata. It polls while the drive is in use, and
 * catches up at the first request after a pause (Graph docs, "driveItem: delta").
 */
export class DriveFeed {
  readonly #options: DriveFeedOptions;
  readonly #followers = new Set<Follower>();
  readonly #flight = new SingleFlight<void>();
  readonly #controller = new AbortController();
  readonly #reader: FeedReader = {
    begins: () => this.#followers.forEach(follower => void follower.feedBegins()),
    apply: changes => this.#followers.forEach(follower => void follower.apply(changes)),
  };
  readonly #source: FeedSource;
  /** When the last complete look at the feed began. */
  #checkedAt = Number.NEGATIVE_INFINITY;
  #usedAt = Number.NEGATIVE_INFINITY;
  #retryAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  #isReading = false;
  /** Graph has told of a change since the feed was last read. */
  #isTold = false;
  /** What others have read before does not count. */
  #mustLook = false;
  /** Graph has said that there is no such drive, and no request has found it since. */
  #isMissing = false;
  #loop: Promise<void> | undefined;

  constructor(options: DriveFeedOptions) {
    this.#options = options;
    const { graph, driveId, pollMs, shared } = options;
    this.#source = shared ? new SharedFeedSource({ graph, driveId, pollMs, ...shared }) : new OwnFeedSource(options);
    const endNews = shared?.peers.on('feed', message => this.#heard(message.driveId));
    this.#controller.signal.addEventListener('abort', () => endNews?.());
  }

  get usedAt(): number {
    return this.#usedAt;
  }

  get lastLook(): LastLook {
    return { at: Number.isFinite(this.#checkedAt) ? this.#checkedAt : undefined, failures: this.#failures };
  }

  /** Passes changes to `follower` from now on, as long as the drive is in use. */
  follow(follower: Follower): void {
    this.#isMissing = false;
    if (!this.#followers.has(follower)) {
      this.#followers.add(follower);
      follower.feedBegins();
    }
    this.use();
  }

  /** Passes nothing to `follower` any more. Nobody else follows: no further look is taken. */
  unfollow(follower: Follower): void {
    if (this.#followers.delete(follower) && this.#followers.size === 0) {
      this.#controller.abort();
      this.#options.onEnd();
    }
  }

  /** Notes that a request uses the drive. */
  use(): void {
    this.#usedAt = this.#now();
    if (this.#followers.size > 0 && !this.#isMissing && !this.#controller.signal.aborted) {
      this.#loop ??= runForNobody(() => this.#run());
    }
  }

  /** Returns true when the followers know all changes but those of the last `pollMs`. */
  get isFresh(): boolean {
    return this.#source.hasBegun && this.#checkedAt + this.#options.pollMs > this.#now();
  }

  /** Returns the last look; undefined while the drive is not in use, or has not been looked at yet. */
  look(): { readonly checkedAt: number; readonly isFailing: boolean } | undefined {
    const isFailing = this.#failures > 0;
    const isKnown = isFailing || Number.isFinite(this.#checkedAt);
    const checkedAt = Number.isFinite(this.#checkedAt) ? this.#checkedAt : this.#now();
    return this.#loop === undefined || !isKnown ? undefined : { checkedAt, isFailing };
  }

  /** Returns true when another look may make it fresh. */
  get canCatchUp(): boolean {
    return this.#source.hasBegun && this.#retryAt <= this.#now();
  }

  /** Reads the feed now. It also resolves when that fails; then the feed is not fresh. */
  async catchUp(signal: AbortSignal): Promise<void> {
    await this.#flight.run('feed', shared => this.#poll(shared), signal);
  }

  async stop(): Promise<void> {
    this.#controller.abort();
    await this.#loop;
  }

  /** A change that is told while the feed is read may not be in what is read. */
  async #changed(): Promise<void> {
    if (this.#isTold || !this.#source.hasBegun) {
      return;
    }
    const { signal } = this.#controller;
    this.#isTold = true;
    if (this.#isReading) {
      await this.catchUp(signal).catch(() => {});
    }
    this.#isTold = false;
    this.#mustLook = true;
    await this.catchUp(signal).catch(() => {});
  }

  /** Another server has read the feed: what it has found is in the state. */
  #heard(driveId: string): void {
    if (driveId === this.#options.driveId && this.#loop !== undefined && !this.#isReading) {
      void this.catchUp(this.#controller.signal).catch(() => {});
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#controller;
    const { pushes, driveId } = this.#options;
    pushes?.follow(driveId, () => void this.#changed());
    while (!signal.aborted && !this.#isMissing && this.#usedAt + IDLE_MS > this.#now()) {
      if (this.#isDue()) {
        await this.catchUp(signal).catch(() => {});
        await this.#closeGaps(signal);
      }
      if (signal.aborted) {
        break;
      }
      await this.#clock.sleep(this.#pause(), signal, { letsProcessEnd: true }).catch(() => {});
    }
    this.#loop = undefined;
    await pushes?.unfollow(driveId);
  }

  #pause(): number {
    const { pollMs, leastPauseMs } = this.#options;
    const pause = pollMs * (PAUSE.least + Math.random() * (PAUSE.most - PAUSE.least));
    // The last look may be another server's, and then it began a while ago.
    const age = Math.max(0, this.#now() - this.#checkedAt);
    return Math.max(age < pause ? pause - age : pause, leastPauseMs());
  }

  /** The longer the drive is unused, the longer the pauses. */
  #isDue(): boolean {
    const now = this.#now();
    const pause = Math.min(now - this.#usedAt, LONGEST_PAUSE_MS);
    return this.#retryAt <= now && (!this.#source.hasBegun || this.#checkedAt + pause <= now);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const isTold = this.#mustLook;
    this.#mustLook = false;
    this.#isReading = true;
    try {
      this.#checkedAt = await this.#source.read(this.#reader, { isTold, signal });
      this.#failures = 0;
    } catch (error) {
      if (isGraphError(error, 'aborted') || signal.aborted) {
        throw error;
      }
      this.#fail(error);
    } finally {
      this.#isReading = false;
    }
  }

  #fail(error: unknown): void {
    const { log, driveId } = this.#options;
    // Its followers stay: they learn when the feed begins anew, and then believe nothing from before.
    this.#isMissing = isGraphError(error) && isAbsence(error);
    if (isFeedLost(error)) {
      this.#source.forget();
    }
    this.#failures += 1;
    this.#retryAt = this.#now() + this.#pauseAfter(error);
    if (this.#failures === 1) {
      const fallback = 'its metadata is requested again after cache.ttlSeconds';
      log.info({ driveId, err: error }, `the changes of a drive cannot be followed now; ${fallback}`);
    }
  }

  #pauseAfter(error: unknown): number {
    if (isDeltaUnsupported(error)) {
      return UNSUPPORTED_RETRY_MS;
    }
    const asked = isGraphError(error) ? (error.retryAfterSeconds ?? 0) * 1000 : 0;
    return Math.max(asked, Math.min(FIRST_RETRY_MS * 2 ** (this.#failures - 1), LONGEST_PAUSE_MS));
  }

  async #closeGaps(signal: AbortSignal): Promise<void> {
    for (const follower of !this.#source.hasBegun ? [] : this.#followers) {
      await follower.closeGaps(signal).catch(() => {});
    }
  }

  get #clock() {
    return this.#options.graph.clock;
  }

  #now(): number {
    return this.#clock.now();
  }
}
