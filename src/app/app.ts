import type { Config } from '../config/load.ts';
import { MountOwners } from '../discovery/mount-owners.ts';
import { createMounts } from '../discovery/served-mounts.ts';
import { connectTenants } from '../graph/connect.ts';
import { createMetrics } from '../http/metrics.ts';
import { RequestsUnderWay } from '../http/under-way.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { boundHeapGrowth } from '../lib/heap-growth.ts';
import type { Log } from '../lib/log.ts';
import { openState } from '../state/sqlite-state.ts';
import { openAuditTrail } from './audit-trail.ts';
import { watchCredentials } from './credentials.ts';
import { openUsersFile } from './doors.ts';
import { createFeeds } from './feeds.ts';
import { createFront } from './front.ts';
import { createMounter } from './mounter.ts';
import { createPeople } from './people.ts';
import { readinessOf } from './readiness.ts';
import { createOpenWorks } from './recovery.ts';
import { openOuterDoors, openPages } from './sign-in.ts';

export interface App {
  start(): Promise<{ url: string; port: number }>;
  /** Waits for running requests, then closes everything. */
  stop(): Promise<void>;
}

/** Builds the server from its configuration. The only place that knows all the parts. */
export async function createApp(
  config: Config,
  { log, clock = systemClock }: { log: Log; clock?: Clock },
): Promise<App> {
  boundHeapGrowth(config.cache.maxEntries);
  const state = openState(config.dataDir, { maxSideBytes: config.limits.maxJunkBytes });
  const tenants = connectTenants(config, clock);
  const since = new Date(clock.now());
  const metrics = createMetrics({ watchesEventLoop: config.metrics });
  const trail = openAuditTrail(config, { log, clock });
  const works = createOpenWorks(config, { tenants, state, clock, log });
  const feeds = createFeeds(config, { tenants, log });
  const owners = await MountOwners.open(state, config);
  const mount = createMounter(config, { tenants, state, works, feeds: feeds.byTenant, owners, log, clock });
  const mounts = await createMounts(config, { tenants, state, mount, metrics, log, clock, since });
  const onOwners = () => mounts.table.ownersChanged();
  const people = await createPeople(config, { tenants, state, owners, onOwners, log, clock });
  const usersFile = await openUsersFile(config, { log, clock });
  let isDraining = false;
  const server = createFront(config, {
    state,
    people,
    outerDoors: await openOuterDoors(config, { transport: tenants.transport, clock, log }),
    usersFile,
    pages: await openPages(config, { people, state, transport: tenants.transport, audit: trail.record, log, clock }),
    audit: trail.record,
    auditChange: trail.change,
    apis: feeds.apis,
    mounts: mounts.table,
    metrics,
    underWay: new RequestsUnderWay(),
    readiness: () => readinessOf({ isDraining, isReady: mounts.isReady(), quietSeconds: tenants.quietSeconds() }),
    since,
    log,
    clock,
  });
  const watches = [
    mounts,
    people,
    ...(usersFile === undefined ? [] : [usersFile]),
    ...watchCredentials(config, { tenants, metrics, log, clock }),
  ];
  return {
    start: async () => {
      await works.start();
      const address = await server.start();
      for (const watch of watches) {
        watch.start();
      }
      return address;
    },
    stop: async () => {
      isDraining = true;
      await Promise.all([server.stop(), ...[...watches, feeds].map(each => each.stop())]);
      await works.settle();
      await tenants.transport.close();
      await works.stop();
      await trail.stop();
      await state.close();
    },
  };
}
