import type { Graph } from '../graph/graph.ts';
import type { Log } from '../lib/log.ts';
import { DriveFeed, type LastLook, type SharedFeeds } from './drive-feed.ts';
import type { FeedSubscriptions } from './feed-subscriptions.ts';

export interface DriveFeedsOptions {
  readonly graph: Graph;
  /** Milliseconds; 0: no feed is followed. */
  readonly pollMs: number;
  /** Tells of changes at once; undefined: the feeds are only polled. */
  readonly pushes?: Pick<FeedSubscriptions, 'follow' | 'unfollow'> | undefined;
  /** With other servers, of which one reads a drive's feed for all. */
  readonly shared?: SharedFeeds | undefined;
  readonly log: Log;
}

/** The state of the feeds, without saying whose they are. */
export interface FeedsLook {
  readonly followed: number;
  readonly failing: number;
  readonly oldestSeconds: number;
}

/**
 * The pause for each drive. With it all feeds together take a fifth of the quota of the smallest tenant (1,250 units a
 * minute, one for a poll; SharePoint docs, "Avoid getting throttled").
 */
const PAUSE_FOR_EACH_MS = 240;
/** After this time without use, everything known of a drive counts as outdated. */
const FORGET_AFTER_MS = 24 * 60 * 60 * 1000;

/** The last looks at the feed of a drive. */
export interface FeedLook extends LastLook {
  readonly driveId: string;
}

/** The feeds of a tenant's drives; two mounts of one drive share its feed. */
export class DriveFeeds {
  readonly #options: DriveFeedsOptions;
  readonly #feeds = new Map<string, DriveFeed>();

  constructor(options: DriveFeedsOptions) {
    this.#options = options;
  }

  /** Undefined: changes are not followed, or the drive is not known yet. */
  of(driveId: string | undefined): DriveFeed | undefined {
    if (driveId === undefined || this.#options.pollMs === 0) {
      return undefined;
    }
    let feed = this.#feeds.get(driveId);
    if (feed === undefined) {
      this.#forgetUnused();
      const leastPauseMs = () => this.#feeds.size * PAUSE_FOR_EACH_MS;
      feed = new DriveFeed({ ...this.#options, driveId, leastPauseMs, onEnd: () => this.#feeds.delete(driveId) });
      this.#feeds.set(driveId, feed);
    }
    return feed;
  }

  /** Returns how well each drive is followed now. */
  looks(): readonly FeedLook[] {
    return [...this.#feeds].map(([driveId, feed]) => ({ driveId, ...feed.lastLook }));
  }

  /** Returns the feeds that are read now, those whose last look failed, and the age of the oldest last look. */
  look(): FeedsLook {
    const now = this.#options.graph.clock.now();
    const looks = [...this.#feeds.values()].flatMap(feed => feed.look() ?? []);
    return {
      followed: looks.length,
      failing: looks.filter(({ isFailing }) => isFailing).length,
      oldestSeconds: Math.max(0, ...looks.map(({ checkedAt }) => (now - checkedAt) / 1000)),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#feeds.values()].map(feed => feed.stop()));
  }

  #forgetUnused(): void {
    const before = this.#options.graph.clock.now() - FORGET_AFTER_MS;
    for (const [driveId, feed] of this.#feeds) {
      if (feed.usedAt < before) {
        this.#feeds.delete(driveId);
      }
    }
  }
}
