import type { Config } from '../config/load.ts';
import { MountOwners } from '../discovery/mount-owners.ts';
import { createMounts } from '../discovery/served-mounts.ts';
import { connectTenants } from '../graph/connect.ts';
import { RequestsUnderWay } from '../http/under-way.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { boundHeapGrowth } from '../lib/heap-growth.ts';
import type { Log } from '../lib/log.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { openState } from '../state/sqlite-state.ts';
import { watchCredentials } from './credentials.ts';
import { openUsersFile } from './doors.ts';
import { createFeeds } from './feeds.ts';
import { createFront } from './front.ts';
import { createBudgets, createMounter } from './mounter.ts';
import { createOwnListener, observersOf, sourcesOf } from './observation.ts';
import { createPeople } from './people.ts';
import { readinessOf } from './readiness.ts';
import { createOpenWorks } from './recovery.ts';
import { openOuterDoors, openPages } from './sign-in.ts';
import { openTraces } from './tracing.ts';

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
  const metrics = createMetrics({ watchesProcess: config.metrics !== undefined, now: () => clock.now() });
  const traces = await openTraces(config, { log, clock });
  const tenants = connectTenants({ ...config, observerOf: observersOf(metrics, traces) }, clock);
  const since = new Date(clock.now());
  const works = createOpenWorks(config, { tenants, state, clock, log });
  const feeds = createFeeds(config, { tenants, log });
  const owners = await MountOwners.open(state, config);
  const budgets = createBudgets(config);
  const mount = createMounter(config, { tenants, state, works, feeds: feeds.byTenant, owners, budgets, log, clock });
  const mounts = await createMounts(config, { tenants, state, mount, metrics, log, clock, since });
  const onOwners = () => mounts.table.ownersChanged();
  const people = await createPeople(config, { tenants, state, owners, onOwners, log, clock });
  const usersFile = await openUsersFile(config, { log, clock });
  metrics.readFrom(sourcesOf(config, { tenants, state, works, feeds, budgets, mounts, people, clock }));
  const ownListener = createOwnListener(config, metrics, log);
  let isDraining = false;
  const server = createFront(config, {
    state,
    people,
    outerDoors: await openOuterDoors(config, { transport: tenants.transport, clock, log }),
    usersFile,
    pages: await openPages(config, { people, state, transport: tenants.transport, log, clock }),
    apis: feeds.apis,
    mounts: mounts.table,
    metrics,
    underWay: new RequestsUnderWay(),
    beginTrace: traces?.beginRequest,
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
      await ownListener?.start();
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
      await Promise.all([ownListener?.stop(), traces?.stop()]);
      await state.close();
    },
  };
}
