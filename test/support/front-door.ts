import { createAuthenticator, type User } from '../../src/auth/authenticate.ts';
import { configSchema } from '../../src/config/schema.ts';
import { KNOWN_CLIENTS } from '../../src/downloads/clients.ts';
import { type DownloadOptions, Downloads } from '../../src/downloads/downloads.ts';
import type { DownloadPolicy } from '../../src/downloads/policy.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { createOriginReader, type OriginOptions } from '../../src/http/origin.ts';
import { createPipeline, type PipelineOptions } from '../../src/http/pipeline.ts';
import { createHttpFrontServer, type ServerOptions } from '../../src/http/server.ts';
import { runFor } from '../../src/lib/caller.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createLog } from '../../src/lib/log.ts';
import { aboveMounts } from '../../src/mounts/above-mounts.ts';
import type { JunkRule } from '../../src/mounts/junk-rule.ts';
import { type MountSpec, MountTable } from '../../src/mounts/mount-table.ts';
import { SideFiles } from '../../src/mounts/side-files.ts';
import { createViews } from '../../src/mounts/view.ts';
import type { LockStore } from '../../src/state/lock-store.ts';
import type { PropertyStore } from '../../src/state/property-store.ts';
import { createWebDavHandler, DAV_CLASSES } from '../../src/webdav/handler.ts';
import { cheapHash, PASSWORD } from './passwords.ts';
import { openMemoryState } from './state-engines.ts';

export interface FrontDoorTest {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly drive: Drive;
  readonly logged: string[];
  stop(): Promise<void>;
}

export interface FrontDoorOptions {
  readonly drive?: Drive;
  readonly mounts?: readonly MountSpec[];
  /** All of them have `PASSWORD`. */
  readonly users?: readonly User[];
  readonly pipeline?: Partial<PipelineOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly publicHosts?: readonly string[];
  readonly junkRules?: readonly JunkRule[];
  readonly origin?: Partial<OriginOptions>;
  readonly downloads?: Partial<DownloadOptions> & { readonly policy?: DownloadPolicy };
  readonly properties?: PropertyStore;
  readonly locks?: LockStore;
  /** Of locks and side files. */
  readonly clock?: Clock;
}

export const LIMITS = { maxUrlBytes: 8192, maxHeaderBytes: 16_384, maxXmlBytes: 1024 ** 2, maxUploadBytes: 1024 ** 3 };

/** The front door and WebDAV over drives in memory; the mount is called `m`. */
export async function startFrontDoor(options: FrontDoorOptions = {}): Promise<FrontDoorTest> {
  const logged: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: line => void logged.push(line) } });
  const clock = options.clock ?? systemClock;
  const metrics = createMetrics();
  const state = openMemoryState();
  const basePath = options.origin?.basePath ?? [];
  const drive = options.drive ?? createMemoryDrive();
  const since = new Date('2026-01-02T03:04:05Z');
  const mounts = new MountTable({ fixed: options.mounts ?? [{ name: 'm', drive, readOnly: false }], since, clock });
  const viewFor = createViews(mounts, {
    since,
    junkRules: options.junkRules ?? configSchema.shape.junk.parse(undefined),
    sideFiles: new SideFiles({ store: state.sideFiles, clock, since }),
  });
  const users = (options.users ?? [{ name: 'user', mounts: '*', access: 'write' }]).map(user => ({
    ...user,
    passwordHash: cheapHash(PASSWORD),
  }));
  const services = {
    log,
    clock,
    maxXmlBytes: LIMITS.maxXmlBytes,
    maxUploadBytes: LIMITS.maxUploadBytes,
    publicHosts: options.publicHosts ?? [],
    downloads: new Downloads({
      policyOf: () => options.downloads?.policy ?? 'proxy',
      redirectStatus: 302,
      minRedirectBytes: 0,
      customHost: undefined,
      clients: KNOWN_CLIENTS,
      proxy: undefined,
      clock,
      log,
      count: metrics.download,
      ...options.downloads,
    }),
    locks: options.locks ?? state.locks,
    properties: options.properties ?? state.properties,
    lockTimeouts: { defaultSeconds: 600, maxSeconds: 3600 },
  };
  const handleDav = createWebDavHandler(services);
  const serve = createPipeline({
    authenticate: createAuthenticator({ users, cacheSeconds: 300, clock: systemClock }),
    handle: (request, response, { user, origin, isInTree, note }) =>
      runFor({ user: user.name, connection: request.socket }, () =>
        handleDav(request, response, {
          ...origin,
          drive: isInTree ? viewFor(user) : aboveMounts(viewFor(user), basePath, since),
          user: user.name,
          userPolicy: undefined,
          prefix: isInTree ? origin.prefix : [],
          note,
        }),
      ),
    metrics,
    servesMetrics: true,
    apis: {},
    originOf: createOriginReader({ trustedProxies: [], publicUrls: [], basePath, ...options.origin }),
    basePath,
    limits: LIMITS,
    realm: 'test',
    allowUnauthenticatedOptions: false,
    davClasses: DAV_CLASSES,
    readiness: () => ({ ready: true, detail: 'ready' }),
    log,
    clock: systemClock,
    ...options.pipeline,
  });
  const server = createHttpFrontServer({
    host: '127.0.0.1',
    port: 0,
    maxHeaderBytes: LIMITS.maxHeaderBytes,
    headersTimeoutMs: 30_000,
    idleTimeoutMs: 60_000,
    drainMs: 2_000,
    serve,
    log,
    clock: systemClock,
    ...options.server,
  });
  const { url } = await server.start();
  const stop = async () => {
    await server.stop();
    await state.close();
  };
  return { url: url.replace(/\/$/, ''), user: 'user', password: PASSWORD, drive, logged, stop };
}
