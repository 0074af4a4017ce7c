import type { Config } from '../config/load.ts';
import type { ServedMounts } from '../discovery/served-mounts.ts';
import type { Tenants } from '../graph/connect.ts';
import type { GraphObserver } from '../graph/observer.ts';
import { createMetricsListener } from '../http/metrics-listener.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Sources } from '../metrics/readings.ts';
import { lookAtSpoolFolder } from '../onedrive/spool-folder.ts';
import type { ServedPeople } from '../people/served-people.ts';
import type { State } from '../state/state.ts';
import type { Feeds } from './feeds.ts';
import type { Health } from './health.ts';
import type { DriveBudgets } from './mounter.ts';
import { type OpenWorks, spoolFolder } from './recovery.ts';
import type { Traces } from './tracing.ts';

/** Returns what is told of each tenant's requests to Microsoft. */
export function observersOf(
  metrics: Metrics,
  health: Pick<Health, 'ofTries'>,
  traces: Traces | undefined,
): (tenant: string) => GraphObserver {
  return tenant => {
    const counts = metrics.microsoft(tenant);
    const noteTry = health.ofTries(tenant);
    return {
      ...counts,
      tried: one => {
        counts.tried(one);
        noteTry(one);
      },
      begin: operation => traces?.beginCall(tenant, operation),
    };
  };
}

/** The parts that the metrics read at each scrape. */
export interface ObservedParts {
  readonly tenants: Tenants;
  readonly state: Pick<State, 'counts'>;
  readonly works: OpenWorks;
  readonly feeds: Pick<Feeds, 'look'>;
  readonly budgets: DriveBudgets;
  readonly mounts: Pick<ServedMounts, 'table'>;
  readonly people: Pick<ServedPeople, 'count'>;
  readonly health: Pick<Health, 'parts'>;
  readonly clock: Clock;
}

export function sourcesOf(config: Config, parts: ObservedParts): Sources {
  const { tenants, state, works, feeds, budgets, mounts, people, health, clock } = parts;
  const { buffers, cache } = budgets;
  return {
    uploads: () => ({ open: works.uploadsOpen() }),
    spool: () => lookAtSpoolFolder(spoolFolder(config)),
    buffers: () => ({ used: buffers.used, kept: buffers.kept, limit: buffers.max }),
    cache: () => cache.use(),
    feeds: () => feeds.look(),
    stored: () => state.counts(clock.now()),
    people: () => ({ admitted: people.count() }),
    health: () => health.parts(config.tenants.map(({ name }) => name)),
    mounts: () => {
      const count = { unopened: 0, open: 0, failing: 0 };
      for (const { state } of mounts.table.all()) {
        count[state()?.kind ?? 'unopened'] += 1;
      }
      return count;
    },
    tenants: () =>
      config.tenants.map(({ name }) => {
        const graph = tenants.graphOf(name);
        return { tenant: name, quietSeconds: graph.quietSeconds(), ...graph.load() };
      }),
  };
}

/** The listener for the metrics alone; undefined: there is none. */
export function createOwnListener({ metrics: given }: Pick<Config, 'metrics'>, metrics: Metrics, log: Log) {
  if (given?.listen === undefined) {
    return undefined;
  }
  const listener = createMetricsListener({ ...given.listen, token: given.token, metrics });
  return {
    start: async () => log.info({ url: await listener.start() }, 'serving metrics'),
    stop: () => listener.stop(),
  };
}
