import type { Config } from '../config/load.ts';
import { webhookBase } from '../config/webhooks.ts';
import type { Tenants } from '../graph/connect.ts';
import { createNotificationsApi, NOTIFICATIONS_PATH } from '../http/notifications.ts';
import type { Api } from '../http/pipeline.ts';
import type { Log } from '../lib/log.ts';
import { DriveFeeds, type FeedsLook } from '../onedrive/drive-feeds.ts';
import { FeedSubscriptions } from '../onedrive/feed-subscriptions.ts';

/** The feeds of changes of all tenants. */
export interface Feeds {
  /** By the tenant's name. */
  readonly byTenant: ReadonlyMap<string, DriveFeeds>;
  /** The endpoint for Graph's notifications, by its path; nothing when they are not wanted. */
  readonly apis: Readonly<Record<string, Api>>;
  /** Returns what is known of all of them. */
  look(): FeedsLook;
  stop(): Promise<void>;
}

/** Creates the feeds, which make no calls before a drive is used. */
export function createFeeds(config: Config, { tenants, log }: { tenants: Tenants; log: Log }): Feeds {
  // Where nothing is to be remembered there is nothing to follow.
  const pollMs = config.cache.ttlSeconds === 0 ? 0 : config.cache.pollSeconds * 1000;
  const notificationUrl = pollMs === 0 ? undefined : notificationUrlOf(config);
  const all = config.tenants.map(({ name }) => {
    const graph = tenants.graphOf(name);
    const pushes = notificationUrl === undefined ? undefined : new FeedSubscriptions({ graph, notificationUrl, log });
    return { name, pushes, feeds: new DriveFeeds({ graph, pollMs, pushes, log }) };
  });
  const notified = createNotificationsApi(notification => {
    all.find(({ pushes }) => pushes?.notified(notification));
  });
  return {
    byTenant: new Map(all.map(({ name, feeds }) => [name, feeds])),
    apis: notificationUrl === undefined ? {} : { [NOTIFICATIONS_PATH]: notified },
    look: () => {
      const looks = all.map(({ feeds }) => feeds.look());
      return {
        followed: sumOf(looks.map(({ followed }) => followed)),
        failing: sumOf(looks.map(({ failing }) => failing)),
        oldestSeconds: Math.max(0, ...looks.map(({ oldestSeconds }) => oldestSeconds)),
      };
    },
    stop: async () => {
      await Promise.all(all.map(({ feeds }) => feeds.stop()));
      await Promise.all(all.map(({ pushes }) => pushes?.stop()));
    },
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/** Returns the URL for Graph; the configuration guarantees a fitting public URL when notifications are wanted. */
function notificationUrlOf({ cache, publicUrls }: Config): string | undefined {
  return cache.webhooks ? `${webhookBase(publicUrls)}${NOTIFICATIONS_PATH}` : undefined;
}
