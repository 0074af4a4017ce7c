import { join } from 'node:path';
import { createAuthenticator } from './auth/authenticate.ts';
import type { Config } from './config/load.ts';
import { Downloads } from './downloads/downloads.ts';
import { createLinkApi, LINK_PATH } from './downloads/link-api.ts';
import { type ExplainedClient, explainPolicy, optionsOf } from './downloads/settings.ts';
import type { Drive } from './drive/drive.ts';
import { toDrivePath } from './drive/path.ts';
import { watchExpiry } from './graph/certificate-expiry.ts';
import { connectTenants, type Tenants } from './graph/connect.ts';
import { createMetrics } from './http/metrics.ts';
import { createOriginReader } from './http/origin.ts';
import { createPipeline, type PipelineOptions } from './http/pipeline.ts';
import { createHttpFrontServer } from './http/server.ts';
import { type Clock, systemClock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { aboveMounts } from './mounts/above-mounts.ts';
import { SideFiles } from './mounts/side-files.ts';
import { createViews, type Rights } from './mounts/view.ts';
import { createOneDriveDrive } from './onedrive/onedrive-drive.ts';
import { openState, type State } from './state/sqlite-state.ts';
import { toDavError } from './webdav/errors.ts';
import { createWebDavHandler, DAV_CLASSES } from './webdav/handler.ts';

export interface App {
  start(): Promise<{ url: string; port: number }>;
  /** Lets running requests end, then closes everything. */
  stop(): Promise<void>;
}

/** What each known client gets when it downloads from a mount, for `check-config`. */
export function explainDownloads(config: Config): { mount: string; clients: ExplainedClient[] }[] {
  return config.mounts.map(({ name, download }) => ({
    mount: name,
    clients: explainPolicy(download, config.downloads),
  }));
}

/** Builds the server from its configuration. The only place that knows all parts. */
export async function createApp(
  config: Config,
  { log, clock = systemClock }: { log: Log; clock?: Clock },
): Promise<App> {
  const state = openState(config.dataDir, { maxSideBytes: config.limits.maxJunkBytes });
  const tenants = connectTenants(config, clock);
  const since = new Date(clock.now());
  const viewFor = createViews(createMounts(config, { tenants, state, log, clock }), {
    since,
    junkRules: config.junk,
    sideFiles: new SideFiles({ store: state.sideFiles, clock, since }),
  });
  const metrics = createMetrics();
  const downloads = new Downloads({
    ...optionsOf(config.downloads, config.mounts),
    clock,
    log,
    count: metrics.download,
  });
  const handleDav = createDavHandler(config, { state, downloads, log, clock });
  const userPolicies = new Map(config.users.map(({ name, download }) => [name, download ?? undefined]));
  let isDraining = false;
  const server = createHttpFrontServer({
    host: config.listen.host,
    port: config.listen.port,
    tls: config.listen.tls && { key: config.listen.tls.key.reveal(), cert: config.listen.tls.cert },
    maxHeaderBytes: config.limits.maxHeaderBytes,
    headersTimeoutMs: config.limits.headersTimeoutSeconds * 1000,
    idleTimeoutMs: config.limits.idleTimeoutSeconds * 1000,
    drainMs: config.limits.drainSeconds * 1000,
    log,
    clock,
    serve: createPipeline({
      ...config.auth,
      authenticate: createAuthenticator({
        users: config.users,
        cacheSeconds: config.auth.credentialCacheSeconds,
        clock,
      }),
      handle: (request, response, { user, origin, isInTree, note }) => {
        const tree = viewFor(user);
        return handleDav(request, response, {
          ...origin,
          drive: isInTree ? tree : aboveMounts(tree, config.listen.basePath, since),
          user: user.name,
          userDownload: userPolicies.get(user.name),
          prefix: isInTree ? origin.prefix : [],
          note,
        });
      },
      metrics,
      servesMetrics: config.metrics,
      apis: createApis(config, { viewFor, log }),
      originOf: createOriginReader({ ...config.listen, publicUrls: config.publicUrls }),
      basePath: config.listen.basePath,
      limits: config.limits,
      davClasses: DAV_CLASSES,
      readiness: () => ({ ready: !isDraining, detail: isDraining ? 'shutting down' : 'ready' }),
      log,
      clock,
    }),
  });
  let stopWatching = () => {};
  return {
    start: () => {
      stopWatching = watchCertificates(config, { log, clock });
      return server.start();
    },
    stop: async () => {
      isDraining = true;
      stopWatching();
      await server.stop();
      await tenants.transport.close();
      state.close();
    },
  };
}

function watchCertificates({ tenants }: Config, { log, clock }: { log: Log; clock: Clock }): () => void {
  const watches = tenants.flatMap(({ credential }) =>
    credential.kind === 'certificate'
      ? [watchExpiry(credential.expires, { clock, warn: message => log.warn(message) })]
      : [],
  );
  return () => {
    for (const stop of watches) {
      stop();
    }
  };
}

function createMounts(
  config: Config,
  { tenants, state, log, clock }: { tenants: Tenants; state: State; log: Log; clock: Clock },
) {
  return config.mounts.map(({ source, tenant, name, root, readOnly }) => ({
    name,
    readOnly,
    drive: createOneDriveDrive({
      graph: tenants.graphOf(tenant),
      driveIds: state.driveIds,
      tenantId: config.tenants.find(each => each.name === tenant)!.tenantId,
      source,
      root: toDrivePath(root),
      cache: { ttlMs: config.cache.ttlSeconds * 1000, maxEntries: config.cache.maxEntries },
      spoolDir: join(config.dataDir, 'spool'),
      maxSpoolBytes: config.limits.maxSpoolBytes,
      clock,
      log: log.child({ mount: name }),
    }),
  }));
}

function createDavHandler(
  config: Config,
  { state, downloads, log, clock }: { state: State; downloads: Downloads; log: Log; clock: Clock },
) {
  const services = {
    log,
    clock,
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
  return createWebDavHandler(
    services,
    config.mounts.map(({ name }) => name),
  );
}

/** What a download proxy of the operator's asks; there only when there is a key for it. */
function createApis(
  config: Config,
  { viewFor, log }: { viewFor: (rights: Rights) => Drive; log: Log },
): PipelineOptions['apis'] {
  const keys = config.downloads.proxy.keys.map(({ secret, mounts }) => ({
    secret: secret.reveal(),
    drive: viewFor({ mounts, access: 'read' }),
  }));
  const answerLink = createLinkApi({
    keys,
    explain: toDavError,
    log: error => log.error({ err: error }, 'a link could not be given'),
  });
  return keys.length === 0 ? {} : { [LINK_PATH]: answerLink };
}
