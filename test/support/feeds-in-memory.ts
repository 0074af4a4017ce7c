import { randomUUID } from 'node:crypto';
import type { Clock } from '../../src/lib/clock.ts';
import type { FeedStore } from '../../src/state/feed-store.ts';

const KEPT_LINES = 500;

interface Feed {
  journal: string | undefined;
  last: number;
  lines: { number: number; line: string }[];
  url: string | undefined;
  givenAt: number;
  lookedAt: number;
  turn: { id: string; until: number; server: string } | undefined;
}

/** The model of a feed store, whose time is that of a test. */
export class FeedsInMemory {
  readonly #feeds = new Map<string, Feed>();
  readonly #ended = new Set<string>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  end(server: string): void {
    this.#ended.add(server);
  }

  /** The view of one server. */
  of(server: string): FeedStore {
    return {
      news: async (driveId, after) => {
        const feed = this.#feed(driveId);
        if (feed.journal === undefined) {
          return { position: undefined, isAnew: after !== undefined, lines: [], ageMs: Number.POSITIVE_INFINITY };
        }
        const position = { journal: feed.journal, number: feed.last };
        const found = feed.lines.filter(({ number }) => number > (after?.number ?? 0));
        const isWhole = after?.journal === feed.journal && feed.last - after.number === found.length;
        const lines = isWhole ? found.map(({ line }) => line) : [];
        return { position, isAnew: !isWhole, lines, ageMs: this.#clock.now() - feed.lookedAt };
      },
      takeTurn: async (driveId, forMs) => {
        const feed = this.#feed(driveId);
        const now = this.#clock.now();
        if (feed.turn !== undefined && feed.turn.until > now && !this.#ended.has(feed.turn.server)) {
          return undefined;
        }
        const turn = { id: randomUUID(), until: now + forMs, server };
        feed.turn = turn;
        const isMine = () => feed.turn?.id === turn.id;
        const hasLink = feed.url !== undefined && feed.journal !== undefined;
        return {
          link: hasLink ? { url: feed.url!, ageMs: now - feed.givenAt } : undefined,
          ageMs: hasLink ? now - feed.lookedAt : Number.POSITIVE_INFINITY,
          finish: async ({ link, isAnew, lines, beganMs }) => {
            if (!isMine()) {
              return undefined;
            }
            const began = this.#clock.now() - beganMs;
            if (isAnew) {
              Object.assign(feed, { journal: randomUUID(), last: 0, lines: [] });
            }
            for (const line of lines) {
              feed.last += 1;
              feed.lines.push({ number: feed.last, line });
            }
            feed.lines = feed.lines.slice(-KEPT_LINES);
            Object.assign(feed, link && { url: link.url, givenAt: began }, { lookedAt: began, turn: undefined });
            return { journal: feed.journal!, number: feed.last };
          },
          giveUp: async ({ isLost }) => {
            if (isMine()) {
              Object.assign(feed, { turn: undefined }, isLost && { url: undefined });
            }
          },
        };
      },
    };
  }

  #feed(driveId: string): Feed {
    const known = this.#feeds.get(driveId);
    const feed = known ?? {
      journal: undefined,
      last: 0,
      lines: [],
      url: undefined,
      givenAt: 0,
      lookedAt: 0,
      turn: undefined,
    };
    this.#feeds.set(driveId, feed);
    return feed;
  }
}
