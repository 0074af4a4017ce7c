import type { Graph } from '../graph/graph.ts';
import { renewSubscription, type Subscription, subscribe, unsubscribe } from '../graph/subscriptions.ts';
import { runForNobody } from '../lib/caller.ts';
import type { Log } from '../lib/log.ts';

export interface FeedSubscriptionsOptions {
  readonly graph: Graph;
  /** Where Graph reaches this server, with https. */
  readonly notificationUrl: string;
  /** What Graph sends with each notification. */
  readonly clientState: string;
  readonly log: Log;
}

/** A server that ended without tidying up is notified in vain for no longer than this. */
const LIFE_MS = 24 * 60 * 60 * 1000;
/** Renewed when so much of its life is left. */
const RENEW_BEFORE_MS = LIFE_MS / 4;
/** After a failure; the feed is read as often as without a subscription. */
const RETRY_MS = 15 * 60 * 1000;
/** Ending one is no more than a courtesy. */
const UNSUBSCRIBE_MS = 2_000;

interface Followed {
  readonly changed: () => void;
  readonly controller: AbortController;
  subscription: Subscription | undefined;
  work: Promise<void>;
}

/**
 * Asks Graph to notify this server of changes in the drives in use, so that their feeds are read at once and not at the
 * next turn. They are read at their turns as well: a notification can be late, or lost (Graph docs, "Change
 * notifications": up to five minutes for drives).
 */
export class FeedSubscriptions {
  readonly #options: FeedSubscriptionsOptions;
  readonly #followed = new Map<string, Followed>();
  #hasFailed = false;

  constructor(options: FeedSubscriptionsOptions) {
    this.#options = options;
  }

  /** Calls `changed` for each notification about the drive, until `unfollow`. */
  follow(driveId: string, changed: () => void): void {
    if (this.#followed.has(driveId)) {
      return;
    }
    const followed: Followed = {
      ...{ changed, controller: new AbortController(), subscription: undefined, work: Promise.resolve() },
    };
    this.#followed.set(driveId, followed);
    followed.work = runForNobody(() => this.#keep(driveId, followed));
  }

  async unfollow(driveId: string): Promise<void> {
    const followed = this.#followed.get(driveId);
    this.#followed.delete(driveId);
    followed?.controller.abort();
    await followed?.work;
  }

  /** Graph has sent a notification. Returns true when it is about one of the drives. */
  notified(subscriptionId: string): boolean {
    const followed = [...this.#followed.values()].find(({ subscription }) => subscription?.id === subscriptionId);
    followed?.changed();
    return followed !== undefined;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#followed.keys()].map(driveId => this.unfollow(driveId)));
  }

  async #keep(driveId: string, followed: Followed): Promise<void> {
    const { graph } = this.#options;
    const { signal } = followed.controller;
    while (!signal.aborted) {
      const pauseMs = await this.#extend(driveId, followed);
      await graph.clock.sleep(pauseMs, signal, { letsProcessEnd: true }).catch(() => {});
    }
    if (followed.subscription !== undefined) {
      await unsubscribe(graph.call, followed.subscription.id, AbortSignal.timeout(UNSUBSCRIBE_MS)).catch(() => {});
    }
  }

  /** Returns the milliseconds until the next time. */
  async #extend(driveId: string, followed: Followed): Promise<number> {
    const { graph, notificationUrl, clientState, log } = this.#options;
    const { signal } = followed.controller;
    const expires = graph.clock.now() + LIFE_MS;
    const { subscription } = followed;
    try {
      const ask = { driveId, notificationUrl, clientState, expires };
      const isLeft = subscription !== undefined && subscription.expires > graph.clock.now();
      followed.subscription = isLeft
        ? await renewSubscription(graph.call, { id: subscription.id, expires }, signal)
        : await subscribe(graph.call, ask, signal);
      this.#hasFailed = false;
      return Math.max(RETRY_MS, followed.subscription.expires - graph.clock.now() - RENEW_BEFORE_MS);
    } catch (error) {
      // One that cannot be renewed is made anew at the next turn.
      followed.subscription = undefined;
      if (!signal.aborted && !this.#hasFailed) {
        this.#hasFailed = true;
        log.warn({ err: error }, `Graph does not notify ${notificationUrl} of changes; drives are polled as before`);
      }
      return RETRY_MS;
    }
  }
}
