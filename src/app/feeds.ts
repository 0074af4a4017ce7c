import type { Config } from '../config/load.ts';
import { webhookBase } from '../config/webhooks.ts';
import type { Tenants } from '../graph/connect.ts';
import type { Graph } from '../graph/graph.ts';
import { createNotificationsApi, NOTIFICATIONS_PATH } from '../http/notifications.ts';
import type { Api } from '../http/pipeline.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import { DriveFeeds, type FeedsLook } from '../onedrive/drive-feeds.ts';
import { FeedSubscriptions } from '../onedrive/feed-subscriptions.ts';
import type { State } from '../state/state.ts';

/** The feeds of changes of all tenants. */
export interface Feeds {
  /** By the tenant's name. */
  readonly byTenant: ReadonlyMap<string, DriveFeeds>;
  /** The endpoint for Graph's notifications, by its path; nothing when they are not wanted. */
  readonly apis: Readonly<Record<string, Api>>;
  /** Returns what is known of all of them. */
  look(): FeedsLook;
  /** Follows no drive any more. */
  stop(): Promise<void>;
}

interface FeedParts {
  readonly tenants: Tenants;
  readonly state: Pick<State, 'feeds' | 'peers'>;
  readonly keep: Keep;
  readonly log: Log;
}

/** Creates the feeds, which make no calls before a drive is used. */
export function createFeeds(config: Config, parts: FeedParts): Feeds {
  // Where nothing is to be remembered there is nothing to follow.
  const pollMs = config.cache.ttlSeconds === 0 ? 0 : config.cache.pollSeconds * 1000;
  const notificationUrl = pollMs === 0 ? undefined : notificationUrlOf(config);
  const clientState = parts.state.peers.secretFor('notifications of Graph');
  const all = config.tenants.map(({ name }) => {
    const graph = parts.tenants.graphOf(name);
    return { name, ...openFeeds({ graph, pollMs, notificationUrl, clientState }, parts) };
  });
  // A load balancer gives Graph's notification to any server.
  const notified = (subscriptionId: string) => {
    if (!all.some(({ pushes }) => pushes?.notified(subscriptionId) === true)) {
      void parts.state.peers.tell('notification', { subscriptionId });
    }
  };
  return {
    byTenant: new Map(all.map(({ name, feeds }) => [name, feeds])),
    apis:
      notificationUrl === undefined ? {} : { [NOTIFICATIONS_PATH]: createNotificationsApi({ clientState, notified }) },
    look: () => lookAtAll(all),
    stop: async () => void (await Promise.all(all.map(stopFeeds))),
  };
}

function lookAtAll(all: readonly TenantFeeds[]): FeedsLook {
  const looks = all.map(({ feeds }) => feeds.look());
  const sumOf = (numbers: readonly number[]) => numbers.reduce((sum, each) => sum + each, 0);
  return {
    followed: sumOf(looks.map(({ followed }) => followed)),
    failing: sumOf(looks.map(({ failing }) => failing)),
    oldestSeconds: Math.max(0, ...looks.map(({ oldestSeconds }) => oldestSeconds)),
  };
}

interface TenantFeeds {
  readonly feeds: DriveFeeds;
  readonly pushes: FeedSubscriptions | undefined;
  /** Does not hear of what others are told any more. */
  readonly endNews: (() => void) | undefined;
}

interface FeedOptions {
  readonly graph: Graph;
  readonly pollMs: number;
  readonly notificationUrl: string | undefined;
  readonly clientState: string;
}

function openFeeds(
  { graph, pollMs, notificationUrl, clientState }: FeedOptions,
  { state: { feeds: store, peers }, keep, log }: FeedParts,
): TenantFeeds {
  const make = () => {
    const pushes =
      notificationUrl === undefined ? undefined : new FeedSubscriptions({ graph, notificationUrl, clientState, log });
    const endNews = pushes && peers.on('notification', ({ subscriptionId }) => void pushes.notified(subscriptionId));
    return {
      pushes,
      endNews,
      feeds: new DriveFeeds({ graph, pollMs, pushes, shared: store && { store, peers }, log }),
    };
  };
  return keep.use('feeds of a tenant', [graph, pollMs, notificationUrl], make, { end: stopFeeds });
}

async function stopFeeds({ feeds, pushes, endNews }: TenantFeeds): Promise<void> {
  endNews?.();
  await feeds.stop();
  await pushes?.stop();
}

/** Returns the URL for Graph; the configuration guarantees a fitting public URL when notifications are wanted. */
function notificationUrlOf({ cache, publicUrls }: Config): string | undefined {
  return cache.webhooks ? `${webhookBase(publicUrls)}${NOTIFICATIONS_PATH}` : undefined;
}
