import type { AccountPages } from '../account/account-pages.ts';
import { Attempts } from '../auth/attempts.ts';
import { type Audit, createAudit } from '../auth/audit.ts';
import { createIdentify } from '../auth/doors.ts';
import type { UserSource } from '../auth/user-source.ts';
import { APP_FILES_PATH, answerAppFile } from '../browser/app-files.ts';
import type { Config } from '../config/load.ts';
import { DownloadMemory } from '../downloads/download-memory.ts';
import { Downloads } from '../downloads/downloads.ts';
import { createLinkApi, LINK_PATH } from '../downloads/link-api.ts';
import type { DownloadPolicy } from '../downloads/policy.ts';
import { optionsOf } from '../downloads/settings.ts';
import type { Drive } from '../drive/drive.ts';
import type { AuditChange } from '../http/access-log.ts';
import type { Readiness } from '../http/health.ts';
import type { GivenListener } from '../http/listener.ts';
import { createOriginReader, trustOf } from '../http/origin.ts';
import { createPipeline, type PipelineOptions } from '../http/pipeline.ts';
import type { BeginTrace } from '../http/request-trace.ts';
import {
  createHttpFrontServer,
  type HttpServer,
  type Serve,
  type ServerOptions,
  type ServerSettings,
} from '../http/server.ts';
import type { RequestsUnderWay } from '../http/under-way.ts';
import { runFor } from '../lib/caller.ts';
import type { Clock } from '../lib/clock.ts';
import { foldName } from '../lib/fold-name.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { createAboveMounts } from '../mounts/above-mounts.ts';
import type { MountSpec, MountTable } from '../mounts/mount-table.ts';
import { type Rights, rightsTo } from '../mounts/rights.ts';
import { SideFiles } from '../mounts/side-files.ts';
import { createViews } from '../mounts/view.ts';
import { type AnswerStatus, isStatusPath } from '../operator/status-page.ts';
import type { People } from '../people/people.ts';
import type { State } from '../state/state.ts';
import { toDavError } from '../webdav/errors.ts';
import { createWebDavHandler, DAV_CLASSES } from '../webdav/handler.ts';
import type { DavServices } from '../webdav/request.ts';
import { withBrowser } from './browser.ts';
import type { BrowserApp } from './browser-app.ts';
import { createDoors } from './doors.ts';
import { createUserLimits } from './limits.ts';
import type { OuterDoors } from './outer-doors.ts';
import { createShares } from './shares.ts';
import { keyPairOf } from './tls.ts';

/** What a listener serves, and what it is told besides the configuration. */
export interface FrontParts {
  readonly state: Pick<
    State,
    'locks' | 'properties' | 'sideFiles' | 'devicePasswords' | 'sessions' | 'shares' | 'notes' | 'codeOf' | 'peers'
  >;
  readonly people: People;
  readonly outerDoors?: OuterDoors | undefined;
  readonly usersFile?: UserSource;
  /** The account pages, where people may sign in. */
  readonly pages?: AccountPages | undefined;
  /** The page of operators. */
  readonly statusPage?: AnswerStatus | undefined;
  /** Endpoints of other parts, by path below the base path. */
  readonly apis?: PipelineOptions['apis'];
  readonly mounts: MountTable<MountSpec & { readonly download?: DownloadPolicy }>;
  readonly metrics: Metrics;
  readonly underWay: RequestsUnderWay;
  /** Undefined: nobody traces. */
  readonly beginTrace?: BeginTrace | undefined;
  /** Where sign-ins are recorded; absent: the log. */
  readonly audit?: Audit;
  /** Where changes are recorded besides the access log. */
  readonly auditChange?: AuditChange | undefined;
  readonly readiness: () => Readiness;
  /** The socket to accept from; without one the front listens by itself. */
  readonly listener?: GivenListener | undefined;
  /** The app of the pages of folders; undefined: the pages have no scripts. */
  readonly browserApp?: BrowserApp | undefined;
  /** The date of the root. */
  readonly since: Date;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
  /** For tests: parts that take the place of others. */
  readonly instead?: {
    readonly pipeline?: Partial<PipelineOptions>;
    readonly server?: Partial<ServerOptions>;
    /** Of the passwords of shares. */
    readonly hashPassword?: (password: string) => Promise<string>;
  };
}

/** The keys of the configuration that are about clients, none that is about Microsoft. */
export interface FrontConfig
  extends Pick<
    Config,
    | 'listen'
    | 'publicUrls'
    | 'auth'
    | 'users'
    | 'limits'
    | 'locks'
    | 'junk'
    | 'downloads'
    | 'browser'
    | 'shares'
    | 'metrics'
    | 'cache'
  > {}

/** What a listener does by the configuration of the moment; all else of it stays as it was at its start. */
export type FrontService = ServerSettings & { readonly serve: Serve };

/** Builds what is in front of the mounts, without the listener: authentication, WebDAV, the views of users. */
export function createService(config: FrontConfig, parts: FrontParts): FrontService {
  const { limits, listen } = config;
  return {
    maxHeaderBytes: limits.maxHeaderBytes,
    headersTimeoutMs: limits.headersTimeoutSeconds * 1000,
    idleTimeoutMs: limits.idleTimeoutSeconds * 1000,
    drainMs: limits.drainSeconds * 1000,
    isProxy: trustOf(listen.trustedProxies),
    corsOrigins: listen.cors,
    tls: keyPairOf(config),
    serve: createServe(config, parts),
  };
}

/** Builds the listener for a service. */
export function createListener(
  { listen }: Pick<FrontConfig, 'listen'>,
  service: FrontService,
  { listener, log, clock, instead }: Pick<FrontParts, 'listener' | 'log' | 'clock' | 'instead'>,
): HttpServer {
  return createHttpFrontServer({
    host: listen.host,
    port: listen.port,
    listener,
    http2: listen.http2,
    log,
    clock,
    ...service,
    ...instead?.server,
  });
}

/** Builds what is in front of the mounts: listener, authentication, WebDAV, the views of users. */
export function createFront(config: FrontConfig, parts: FrontParts): HttpServer {
  return createListener(config, createService(config, parts), parts);
}

function createServe(config: FrontConfig, parts: FrontParts): Serve {
  const { state, mounts, metrics, underWay, readiness, since, keep, log, clock, instead } = parts;
  const audit = parts.audit ?? createAudit(log, clock).record;
  const viewFor = createViews(mounts, {
    since,
    junkRules: config.junk,
    sideFiles: new SideFiles({ store: state.sideFiles, clock, since }),
  });
  const downloads = new Downloads({
    ...optionsOf(config.downloads, name => mounts.get(name)?.download),
    memory: keep.use('memory of downloads', [], () => new DownloadMemory(clock, state.peers), {
      end: each => each.end(),
    }),
    clock,
    log,
    count: metrics.download,
  });
  const above = createAboveMounts(config.listen.basePath, since);
  const userLimits = createUserLimits(config.limits, { keep, clock });
  const { browserApp } = parts;
  const services = {
    ...davServicesOf(config, { state, downloads, log, clock }),
    app: browserApp?.page,
    notes: state.notes,
  };
  const handle = withBrowser(config, services, createWebDavHandler(services));
  const count = (outcome: string) => metrics.signIn('share', outcome);
  const shares = createShares(config, {
    ...parts,
    viewFor,
    userLimits,
    handle,
    services,
    count,
    audit,
    hashPassword: instead?.hashPassword,
  });
  const doors = createDoors(config, { ...parts, audit });
  const identifyAgain = createIdentify(doors);
  return createPipeline({
    ...config.auth,
    identify: createIdentify(doors, metrics.signIn),
    handle: (request, response, { user, origin, isInTree, noteMount, trace, note }) => {
      if (isInTree && parts.statusPage !== undefined && isStatusPath(request.url ?? '')) {
        const actor = { user: user.name, address: origin.address };
        const hosts = [...origin.hosts, (request.headers.host ?? '').toLowerCase()];
        const own = { publicUrls: config.publicUrls, hosts, isSecure: origin.isSecure };
        const isOperatorStill = async () => {
          const verdict = await identifyAgain(request, origin.address);
          return 'user' in verdict ? verdict.user.isOperator === true : 'retryAfterSeconds' in verdict;
        };
        const isOperator = user.isOperator === true;
        return parts.statusPage(request, response, { actor, isOperator, isOperatorStill, own });
      }
      const tree = userLimits.limit(viewFor(user.rights), user);
      noteMount(isInTree ? mountIn(request.url ?? '', mounts) : undefined);
      const caller = { user: user.name, connection: request.socket, trace };
      return runFor(caller, () =>
        handle(request, response, {
          ...origin,
          drive: isInTree ? tree : above(tree),
          user: user.id ?? user.name,
          displayName: user.name,
          // Only people have them, and their ids.
          hasAccount: isInTree && parts.pages !== undefined && user.id !== undefined,
          hasStatus: isInTree && parts.statusPage !== undefined && user.isOperator === true,
          sharing: isInTree ? shares.sharingOf(user, origin.address) : undefined,
          userPolicy: user.download,
          prefix: isInTree ? origin.prefix : [],
          note,
        }),
      );
    },
    turnOf: userLimits.turnOf,
    metrics,
    auditChange: parts.auditChange,
    underWay,
    beginTrace: parts.beginTrace,
    metricsAccess: config.metrics?.listen === undefined ? config.metrics : undefined,
    apis: { ...parts.apis, ...createApis(config, { viewFor, peers: state.peers, keep, log, clock }) },
    pages: parts.pages,
    outside: shares.outside,
    files: browserApp && filesOf(browserApp),
    originOf: createOriginReader({ ...config.listen, publicUrls: config.publicUrls }),
    corsOrigins: config.listen.cors,
    basePath: config.listen.basePath,
    limits: config.limits,
    davClasses: DAV_CLASSES,
    readiness,
    log,
    clock,
    ...instead?.pipeline,
  });
}

function filesOf({ built: app }: BrowserApp): PipelineOptions['files'] {
  return {
    path: APP_FILES_PATH,
    answer: (request, response, name) => answerAppFile(request, response, { name, app }),
  };
}

/** The name of the mount in a target, as the configuration or the directory gives it; the log has no other. */
function mountIn(target: string, mounts: FrontParts['mounts']): string | undefined {
  const segment = target.slice(1).split(/[/?]/, 1)[0]!;
  if (segment === '') {
    return undefined;
  }
  try {
    return mounts.get(foldName(decodeURIComponent(segment)))?.name;
  } catch {
    // The path cannot be decoded; WebDAV refuses it.
    return undefined;
  }
}

function davServicesOf(
  config: FrontConfig,
  parts: { state: FrontParts['state']; downloads: Downloads; log: Log; clock: Clock },
): DavServices {
  const { state, downloads, log, clock } = parts;
  return {
    log,
    clock,
    compresses: config.listen.compression,
    maxXmlBytes: config.limits.maxXmlBytes,
    maxUploadBytes: config.limits.maxUploadBytes,
    maxAnswerBytes: config.cache.maxAnswerBytes,
    publicUrls: config.publicUrls,
    publicHosts: config.publicUrls.map(text => new URL(text).host.toLowerCase()),
    locks: state.locks,
    properties: state.properties,
    lockTimeouts: {
      defaultSeconds: Math.min(config.locks.defaultTimeoutSeconds, config.locks.maxTimeoutSeconds),
      maxSeconds: config.locks.maxTimeoutSeconds,
    },
    downloads,
  };
}

interface ApiParts extends Pick<FrontParts, 'keep' | 'log' | 'clock'> {
  readonly viewFor: (rights: Rights) => Drive;
  readonly peers: State['peers'];
}

/** Creates the endpoint for the operator's download proxy, if there is a key for it. */
function createApis(config: FrontConfig, { viewFor, peers, keep, log, clock }: ApiParts): PipelineOptions['apis'] {
  const keys = config.downloads.proxy.keys.map(({ secret, mounts }) => ({
    secret: secret.reveal(),
    drive: viewFor(rightsTo(mounts, 'read')),
  }));
  const answerLink = createLinkApi({
    keys,
    attempts: keep.use('attempts at links', [], () => new Attempts(clock, { shared: { peers, gate: 'links' } }), {
      end: each => each.end(),
    }),
    explain: toDavError,
    log: error => log.error({ err: error }, 'could not create a link'),
  });
  return keys.length === 0 ? {} : { [LINK_PATH]: answerLink };
}
