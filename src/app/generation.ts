import type { BuiltApp } from '../browser/app-files.ts';
import type { Config } from '../config/load.ts';
import type { ControlActions } from '../control/actions.ts';
import type { ServedMount } from '../discovery/discovered-mounts.ts';
import { MountOwners } from '../discovery/mount-owners.ts';
import { createMounts, type MountsBefore } from '../discovery/served-mounts.ts';
import type { Transport } from '../graph/transport.ts';
import { Running } from '../http/running.ts';
import type { RequestsUnderWay } from '../http/under-way.ts';
import type { Clock } from '../lib/clock.ts';
import type { Holding, Lasting } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { MountTable } from '../mounts/mount-table.ts';
import type { State } from '../state/state.ts';
import type { AuditTrail } from './audit-trail.ts';
import { browserAppOf } from './browser-app.ts';
import { watchCredentials } from './credentials.ts';
import { openUsersFile } from './doors.ts';
import { createFeeds } from './feeds.ts';
import { createService, type FrontService } from './front.ts';
import type { Health } from './health.ts';
import { createHealthChecks } from './health-checks.ts';
import { KnownSpace } from './known-space.ts';
import { budgetsOf, createMounter } from './mounter.ts';
import { observersOf, sourcesOf } from './observation.ts';
import { createOperatorPage } from './operator.ts';
import { createPeople } from './people.ts';
import { readinessOf } from './readiness.ts';
import { createOpenWorks } from './recovery.ts';
import { openOuterDoors, openPages } from './sign-in.ts';
import type { StateWatch } from './state-watch.ts';
import type { StatusParts } from './status.ts';
import { createTenants } from './tenants.ts';
import { watchTls } from './tls.ts';
import type { Traces } from './tracing.ts';

/** What is there as long as the process, whatever the configuration says. */
export interface Lasts {
  readonly state: State;
  readonly transport: Transport;
  readonly metrics: Metrics;
  /** Who changed what, and who was refused. */
  readonly trail: AuditTrail;
  /** Undefined: nothing is traced. */
  readonly traces: Traces | undefined;
  /** The app in the browser; undefined: it is not built. */
  readonly builtApp: BuiltApp | undefined;
  readonly underWay: RequestsUnderWay;
  readonly health: Health;
  readonly stateWatch: StateWatch;
  /** The parts that configurations share. */
  readonly lasting: Lasting;
  readonly isDraining: () => boolean;
  /** What operators can do; only once the server is built. */
  readonly actions: () => ControlActions;
  /** The start of the process. */
  readonly since: Date;
  readonly log: Log;
  readonly clock: Clock;
}

/** Everything that is made from one configuration. Parts that the one before had as well are the same. */
export interface Generation {
  readonly config: Config;
  /** For the listener. */
  readonly service: FrontService;
  readonly mounts: MountTable<ServedMount>;
  /** What the status tells of. */
  readonly status: StatusParts;
  /** Makes shared parts do as this configuration says; called in the step in which the listener gets the service. */
  take(): void;
  /** Starts to clean up what earlier processes have left in the cloud. */
  startRecovery(): void;
  /** Starts what looks for changes by itself. */
  start(): void;
  /** Ends what looks for changes by itself and does not belong to a later generation as well. */
  retire(): Promise<void>;
  /** Resolves when no request is under way that has begun with this configuration. */
  served(): Promise<void>;
  /** Ends all parts that do not belong to a later generation as well. */
  release(): Promise<void>;
  /** Ends all work beside requests, and gives running cleanup a moment. */
  settle(): Promise<void>;
  /** Stops following drives. */
  stopFeeds(): Promise<void>;
}

/**
 * Builds a generation beside the one before, without a change of that one; makes no calls. When it fails, what was new
 * has ended.
 */
export async function buildGeneration(config: Config, lasts: Lasts, before?: Generation): Promise<Generation> {
  const keep = lasts.lasting.hold();
  try {
    const table = before?.mounts;
    return await build(config, { ...lasts, keep, before: table && { names: table.names(), changed: table.changed } });
  } catch (error) {
    await keep.release();
    throw error;
  }
}

async function build(
  config: Config,
  parts: Lasts & { readonly keep: Holding; readonly before: MountsBefore | undefined },
): Promise<Generation> {
  const { state, transport, metrics, traces, trail, health, isDraining, keep, log, clock } = parts;
  const observerOf = observersOf(metrics, health, traces);
  const shared = { ...parts, tenants: createTenants(config, { ...parts, peers: state.peers, observerOf }) };
  const { tenants } = shared;
  const names = config.tenants.map(({ name }) => name);
  const works = createOpenWorks(config, shared);
  const feeds = createFeeds(config, shared);
  const owners = await MountOwners.open(state, config);
  const mount = createMounter(config, { ...shared, works, feeds: feeds.byTenant, owners });
  const mounts = await createMounts(config, { ...shared, mount, onDiscovery: health.of('discovery') });
  const onOwners = () => mounts.table.ownersChanged();
  const people = await createPeople(config, { ...shared, owners, onOwners, onLook: health.of('people') });
  const observed = { ...shared, works, feeds, mounts, people, budgets: budgetsOf(config, keep) };
  keep.whenTaken(() => metrics.readFrom(sourcesOf(config, observed)));
  keep.whenTaken(() => traces?.trust(config.listen.trustedProxies));
  const usersFile = await openUsersFile(config, parts);
  const outward = { transport, keep, clock, log };
  const readiness = () =>
    readinessOf({
      isDraining: isDraining(),
      isReady: mounts.isReady(),
      quietSeconds: tenants.quietSeconds(),
      tenants: names.length,
      parts: health.parts(names),
    });
  const service = createService(config, {
    ...parts,
    people,
    outerDoors: await openOuterDoors(config, outward),
    usersFile,
    pages: await openPages(config, {
      ...outward,
      people,
      state,
      audit: trail.record,
      credentialsOf: tenants.credentialsOf,
    }),
    audit: trail.record,
    auditChange: trail.change,
    apis: feeds.apis,
    statusPage: createOperatorPage(parts),
    mounts: mounts.table,
    browserApp: browserAppOf(config, parts.builtApp),
    readiness,
    beginTrace: traces?.beginRequest,
  });
  const credentials = watchCredentials(config, { tenants, metrics, keep, log, clock });
  const checks = [...createHealthChecks(config, shared), ...watchTls(config, parts)];
  const credentialEnds = (tenant: string) => credentials.find(each => each.tenant === tenant)?.ends();
  const { underWay } = parts;
  const space = keep.use('known space', [mounts.table], () => new KnownSpace(mounts.table, clock), {
    end: known => known.stop(),
    isBackground: true,
  });
  const running = new Running();
  return {
    config,
    service: { ...service, serve: (...request) => running.note(service.serve(...request)) },
    mounts: mounts.table,
    status: { config, tenants, mounts: mounts.table, underWay, state, works, feeds, readiness, credentialEnds, space },
    take: keep.take,
    startRecovery: works.start,
    start: () => {
      for (const watch of [
        mounts,
        people,
        ...(usersFile === undefined ? [] : [usersFile]),
        ...credentials,
        ...checks,
      ]) {
        watch.start();
      }
    },
    retire: keep.retire,
    served: () => running.ended(),
    release: keep.release,
    settle: works.settle,
    stopFeeds: feeds.stop,
  };
}
