import type { AnswerPages } from './account/account-pages.ts';
import { createDoors, openUsersFile } from './app-doors.ts';
import { createFeeds } from './app-feeds.ts';
import type { OuterDoors } from './app-outer-doors.ts';
import { createPeople } from './app-people.ts';
import { createOpenWorks, type OpenWorks, spoolFolder } from './app-recovery.ts';
import { openOuterDoors, openPages } from './app-sign-in.ts';
import { Attempts } from './auth/attempts.ts';
import { createIdentify } from './auth/doors.ts';
import type { UserSource } from './auth/user-source.ts';
import type { Config } from './config/load.ts';
import type { Mounter } from './discovery/discovered-mounts.ts';
import type { MountConfig } from './discovery/mount-config.ts';
import { MountOwners } from './discovery/mount-owners.ts';
import { createMounts } from './discovery/served-mounts.ts';
import { Downloads } from './downloads/downloads.ts';
import { createLinkApi, LINK_PATH } from './downloads/link-api.ts';
import type { DownloadPolicy } from './downloads/policy.ts';
import { type ExplainedClient, explainPolicy, optionsOf } from './downloads/settings.ts';
import type { Drive } from './drive/drive.ts';
import { ROOT, toDrivePath } from './drive/path.ts';
import { connectTenants, type Tenants } from './graph/connect.ts';
import { watchExpiry } from './graph/credential-expiry.ts';
import type { Readiness } from './http/health.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { createOriginReader, trustOf } from './http/origin.ts';
import { createPipeline, type PipelineOptions } from './http/pipeline.ts';
import { createHttpFrontServer, type HttpServer, type ServerOptions } from './http/server.ts';
import { ByteBudget } from './lib/byte-budget.ts';
import { runFor } from './lib/caller.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import { boundHeapGrowth } from './lib/heap-growth.ts';
import type { Log } from './lib/log.ts';
import type { Repeating } from './lib/repeating.ts';
import { aboveMounts } from './mounts/above-mounts.ts';
import { FollowingDrive } from './mounts/following-drive.ts';
import type { MountSpec, MountTable } from './mounts/mount-table.ts';
import { type Rights, rightsTo } from './mounts/rights.ts';
import type { ShortcutPolicy } from './mounts/shortcut-policy.ts';
import { SideFiles } from './mounts/side-files.ts';
import { createViews } from './mounts/view.ts';
import { AbsenceBudget } from './onedrive/absence-budget.ts';
import { CacheBudget } from './onedrive/cache-budget.ts';
import { DownloadUrls } from './onedrive/download-urls.ts';
import type { DriveFeeds } from './onedrive/drive-feeds.ts';
import { HostHabits } from './onedrive/host-habits.ts';
import { createOneDriveDrive } from './onedrive/onedrive-drive.ts';
import type { OneDriveOptions } from './onedrive/onedrive-options.ts';
import { ShortcutTargets } from './onedrive/shortcut-targets.ts';
import { SyncJournals } from './onedrive/sync-journals.ts';
import type { People } from './people/people.ts';
import { openState } from './state/sqlite-state.ts';
import type { State } from './state/state.ts';
import { toDavError } from './webdav/errors.ts';
import { createWebDavHandler, DAV_CLASSES } from './webdav/handler.ts';

export interface App {
  start(): Promise<{ url: string; port: number }>;
  /** Waits for running requests, then closes everything. */
  stop(): Promise<void>;
}

/** Returns the way for each known client's downloads, by mount, for `check-config`. */
export function explainDownloads(config: Config): { mount: string; clients: ExplainedClient[] }[] {
  const found = config.mailboxRules.map(({ match, download }) => ({ name: match.join(', /'), download }));
  return [...config.mounts, ...found].map(({ name, download }) => ({
    mount: name,
    clients: explainPolicy(download, config.downloads),
  }));
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
    pages: await openPages(config, { people, state, transport: tenants.transport, log, clock }),
    apis: feeds.apis,
    mounts: mounts.table,
    metrics,
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
      await state.close();
    },
  };
}

/** What a listener serves, and what it is told besides the configuration. */
export interface FrontParts {
  readonly state: Pick<State, 'locks' | 'properties' | 'sideFiles' | 'devicePasswords' | 'sessions'>;
  readonly people: People;
  readonly outerDoors?: OuterDoors | undefined;
  readonly usersFile?: UserSource;
  /** The account pages, where people may sign in. */
  readonly pages?: AnswerPages | undefined;
  /** Endpoints of other parts, by path below the base path. */
  readonly apis?: PipelineOptions['apis'];
  readonly mounts: MountTable<MountSpec & { readonly download?: DownloadPolicy }>;
  readonly metrics: Metrics;
  readonly readiness: () => Readiness;
  /** The date of the root. */
  readonly since: Date;
  readonly log: Log;
  readonly clock: Clock;
  /** For tests: parts that take the place of others. */
  readonly instead?: {
    readonly pipeline?: Partial<PipelineOptions>;
    readonly server?: Partial<ServerOptions>;
  };
}

/** The keys of the configuration that are about clients, none that is about Microsoft. */
export interface FrontConfig
  extends Pick<
    Config,
    'listen' | 'publicUrls' | 'auth' | 'users' | 'limits' | 'locks' | 'junk' | 'downloads' | 'metrics'
  > {}

/** Builds what is in front of the mounts: listener, authentication, WebDAV, the views of users. */
export function createFront(config: FrontConfig, parts: FrontParts): HttpServer {
  const { state, mounts, metrics, readiness, since, log, clock, instead } = parts;
  const viewFor = createViews(mounts, {
    since,
    junkRules: config.junk,
    sideFiles: new SideFiles({ store: state.sideFiles, clock, since }),
  });
  const downloads = new Downloads({
    ...optionsOf(config.downloads, name => mounts.get(name)?.download),
    clock,
    log,
    count: metrics.download,
  });
  const handleDav = createDavHandler(config, { state, downloads, log, clock });
  return createHttpFrontServer({
    host: config.listen.host,
    port: config.listen.port,
    tls: config.listen.tls && { key: config.listen.tls.key.reveal(), cert: config.listen.tls.cert },
    http2: config.listen.http2,
    maxHeaderBytes: config.limits.maxHeaderBytes,
    headersTimeoutMs: config.limits.headersTimeoutSeconds * 1000,
    idleTimeoutMs: config.limits.idleTimeoutSeconds * 1000,
    drainMs: config.limits.drainSeconds * 1000,
    isProxy: trustOf(config.listen.trustedProxies),
    corsOrigins: config.listen.cors,
    log,
    clock,
    serve: createPipeline({
      ...config.auth,
      identify: createIdentify(createDoors(config, parts)),
      handle: (request, response, { user, origin, isInTree, note }) => {
        const tree = viewFor(user.rights);
        const caller = { user: user.name, connection: request.socket };
        return runFor(caller, () =>
          handleDav(request, response, {
            ...origin,
            drive: isInTree ? tree : aboveMounts(tree, config.listen.basePath, since),
            user: user.id ?? user.name,
            userPolicy: user.download,
            prefix: isInTree ? origin.prefix : [],
            note,
          }),
        );
      },
      metrics,
      servesMetrics: config.metrics,
      apis: { ...parts.apis, ...createApis(config, { viewFor, log, clock }) },
      pages: parts.pages,
      originOf: createOriginReader({ ...config.listen, publicUrls: config.publicUrls }),
      corsOrigins: config.listen.cors,
      basePath: config.listen.basePath,
      limits: config.limits,
      davClasses: DAV_CLASSES,
      readiness,
      log,
      clock,
      ...instead?.pipeline,
    }),
    ...instead?.server,
  });
}

/**
 * Returns a function that creates mounts. Their drives are created on first use: of thousands, most stay unused for
 * long.
 */
function createMounter(
  config: Config,
  parts: {
    tenants: Tenants;
    state: State;
    works: OpenWorks;
    feeds: ReadonlyMap<string, DriveFeeds>;
    owners: MountOwners;
    log: Log;
    clock: Clock;
  },
): Mounter {
  const { tenants, state, works, feeds, owners, log, clock } = parts;
  const shared = {
    driveIds: state.driveIds,
    journals: new SyncJournals({ store: state.sync, clock }),
    cache: {
      ttlMs: config.cache.ttlSeconds * 1000,
      maxEntries: config.cache.maxEntries,
      budget: new CacheBudget(config.cache.maxEntries),
    },
    urls: new DownloadUrls(clock),
    habits: new HostHabits(clock),
    spoolDir: spoolFolder(config),
    maxSpoolBytes: config.limits.maxSpoolBytes,
    buffers: new ByteBudget(config.limits.maxBufferBytes),
    clock,
  };
  const absences = new Map(config.tenants.map(({ name }) => [name, new AbsenceBudget(clock)]));
  const tenantIds = new Map(config.tenants.map(({ name, tenantId }) => [name, tenantId]));
  const make = (name: string, { tenant, ...place }: Place) => {
    const tenantId = tenantIds.get(tenant)!;
    return createOneDriveDrive({
      ...shared,
      graph: tenants.graphOf(tenant),
      ...works.of(tenantId),
      absences: absences.get(tenant),
      feeds: feeds.get(tenant),
      tenantId,
      log: log.child({ mount: name }),
      ...place,
    });
  };
  const targets = new Map(config.tenants.map(({ name }) => [name, createTargets(name)]));
  function createTargets(tenant: string): ShortcutTargets {
    const drives = new Map<string, Drive>();
    const driveOf = (driveId: string) => {
      const source = { kind: 'drive', driveId } as const;
      const drive = drives.get(driveId) ?? make('of shortcuts', { tenant, source, root: ROOT });
      drives.set(driveId, drive);
      return drive;
    };
    return new ShortcutTargets({ graph: tenants.graphOf(tenant), clock, ttlMs: shared.cache.ttlMs, driveOf });
  }
  return ({ name, readOnly, download, shortcuts, source, tenant, root }) => {
    const life = new AbortController();
    const place = { tenant, source, root: toDrivePath(root), ended: life.signal };
    const open = {
      show: () => make(name, place),
      follow: () => new FollowingDrive(make(name, { ...place, shortcuts: targets.get(tenant)! })),
    } satisfies Record<ShortcutPolicy, () => Drive>;
    let drive: Drive | undefined;
    return {
      name,
      readOnly,
      download,
      get owner() {
        return owners.ownerOf({ source, tenant });
      },
      end: () => life.abort(),
      get drive() {
        drive ??= open[shortcuts]();
        return drive;
      },
    };
  };
}

/** The properties that distinguish the drives of a tenant. */
type Place = Pick<MountConfig, 'tenant'> & Pick<OneDriveOptions, 'source' | 'root' | 'shortcuts' | 'ended'>;

/**
 * Reports a throttled server as ready: its answers say how long to wait, while a proxy that stops sending requests
 * would not.
 */
function readinessOf({
  isDraining,
  isReady,
  quietSeconds,
}: {
  isDraining: boolean;
  isReady: boolean;
  quietSeconds: number;
}): Readiness {
  if (isDraining) {
    return { ready: false, detail: 'shutting down' };
  }
  if (!isReady) {
    return { ready: false, detail: 'discovering mailboxes' };
  }
  const wait = Math.ceil(quietSeconds);
  return { ready: true, detail: wait === 0 ? 'ready' : `ready, but Microsoft asks for silence for ${wait} s` };
}

function watchCredentials(
  config: Config,
  { tenants, metrics, log, clock }: { tenants: Tenants; metrics: Metrics; log: Log; clock: Clock },
): Repeating[] {
  return config.tenants.flatMap(({ name, credential }) => {
    const own = config.tenants.length === 1 ? log : log.child({ tenant: name });
    const watch = watchExpiry({
      credential,
      call: tenants.graphOf(name).call,
      clock,
      warn: message => own.warn(message),
      tell: ends => metrics.credentialEnds(name, ends),
    });
    return watch ?? [];
  });
}

function createDavHandler(
  config: FrontConfig,
  parts: { state: FrontParts['state']; downloads: Downloads; log: Log; clock: Clock },
) {
  const { state, downloads, log, clock } = parts;
  const services = {
    log,
    clock,
    compresses: config.listen.compression,
    maxXmlBytes: config.limits.maxXmlBytes,
    maxUploadBytes: config.limits.maxUploadBytes,
    publicHosts: config.publicUrls.map(text => new URL(text).host.toLowerCase()),
    locks: state.locks,
    properties: state.properties,
    lockTimeouts: {
      defaultSeconds: Math.min(config.locks.defaultTimeoutSeconds, config.locks.maxTimeoutSeconds),
      maxSeconds: config.locks.maxTimeoutSeconds,
    },
    downloads,
  };
  return createWebDavHandler(services);
}

/** Creates the endpoint for the operator's download proxy, if there is a key for it. */
function createApis(
  config: FrontConfig,
  { viewFor, log, clock }: { viewFor: (rights: Rights) => Drive; log: Log; clock: Clock },
): PipelineOptions['apis'] {
  const keys = config.downloads.proxy.keys.map(({ secret, mounts }) => ({
    secret: secret.reveal(),
    drive: viewFor(rightsTo(mounts, 'read')),
  }));
  const answerLink = createLinkApi({
    keys,
    attempts: new Attempts(clock),
    explain: toDavError,
    log: error => log.error({ err: error }, 'could not create a link'),
  });
  return keys.length === 0 ? {} : { [LINK_PATH]: answerLink };
}
