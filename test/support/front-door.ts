import { createFront, type FrontConfig, type FrontParts } from '../../src/app/front.ts';
import { type Issuers, outerDoorsOf } from '../../src/app/outer-doors.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { DownloadPolicy } from '../../src/downloads/policy.ts';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import type { PipelineOptions } from '../../src/http/pipeline.ts';
import type { ServerOptions } from '../../src/http/server.ts';
import type { StopOptions } from '../../src/http/shutdown.ts';
import { RequestsUnderWay } from '../../src/http/under-way.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { keepAlone } from '../../src/lib/lasting.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { type MountSpec, MountTable } from '../../src/mounts/mount-table.ts';
import type { People } from '../../src/people/people.ts';
import { servePeople } from '../../src/people/served-people.ts';
import type { DevicePasswordStore } from '../../src/state/device-password-store.ts';
import type { LockStore } from '../../src/state/lock-store.ts';
import type { PropertyStore } from '../../src/state/property-store.ts';
import type { ShareStore } from '../../src/state/share-store.ts';
import type { State } from '../../src/state/state.ts';
import { cheapHash, PASSWORD, PASSWORD_HASH } from './passwords.ts';
import { openMemoryState } from './state-engines.ts';

export interface FrontDoorTest {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly drive: Drive;
  readonly logged: string[];
  readonly devicePasswords: DevicePasswordStore;
  readonly shares: ShareStore;
  readonly underWay: RequestsUnderWay;
  stop(options?: StopOptions): Promise<void>;
}

export type TestUser = Pick<FrontConfig['users'][number], 'name' | 'mounts' | 'access'>;

export interface FrontDoorOptions {
  readonly drive?: Drive;
  readonly mounts?: readonly (MountSpec & { readonly download?: DownloadPolicy })[];
  /** Instead of `mounts`, for a test that changes it. */
  readonly table?: MountTable<MountSpec & { readonly download?: DownloadPolicy }>;
  /** The memory for whole answers; that of the configuration unless it is given. */
  readonly maxAnswerBytes?: number;
  /** Of the mount `m`. */
  readonly download?: DownloadPolicy;
  /** All of them have `PASSWORD`. */
  readonly users?: readonly TestUser[];
  readonly listen?: Partial<FrontConfig['listen']>;
  readonly auth?: Partial<FrontConfig['auth']>;
  readonly publicUrls?: readonly string[];
  readonly junk?: FrontConfig['junk'];
  readonly shares?: FrontConfig['shares'];
  readonly pipeline?: Partial<PipelineOptions>;
  readonly server?: Partial<ServerOptions>;
  /** Whose tokens and assertions count; nobody's by default. */
  readonly issuers?: Issuers;
  readonly properties?: PropertyStore;
  readonly locks?: LockStore;
  /** The app of the pages of folders; none unless it is given. */
  readonly browserApp?: FrontParts['browserApp'];
  /** Those who may sign in with device passwords. */
  readonly people?: People;
  readonly devicePasswords?: DevicePasswordStore;
  /** A state that others use as well; the test closes it. One in memory unless it is given. */
  readonly state?: State;
  /** The clock of locks, side files and downloads; the parts before them have the real one. */
  readonly clock?: Clock;
}

export const LIMITS = { maxUrlBytes: 8192, maxHeaderBytes: 16_384, maxXmlBytes: 1024 ** 2, maxUploadBytes: 1024 ** 3 };

/** The front door and WebDAV as `app.ts` builds them, over drives in memory; the mount is called `m`. */
export async function startFrontDoor(options: FrontDoorOptions = {}): Promise<FrontDoorTest> {
  const logged: string[] = [];
  const log = createLog({ level: 'debug', destination: { write: line => void logged.push(line) } });
  const clock = options.clock ?? systemClock;
  const state = options.state ?? openMemoryState();
  const drive = options.drive ?? createMemoryDrive();
  const since = new Date('2026-01-02T03:04:05Z');
  const fixed = options.mounts ?? [{ name: 'm', drive, readOnly: false, download: options.download ?? 'proxy' }];
  const config = configOf(options);
  const metrics = createMetrics({ watchesProcess: false });
  const underWay = new RequestsUnderWay();
  const server = createFront(config, {
    state: {
      locks: options.locks ?? state.locks,
      properties: options.properties ?? state.properties,
      sideFiles: state.sideFiles,
      devicePasswords: options.devicePasswords ?? state.devicePasswords,
      sessions: state.sessions,
      shares: state.shares,
      notes: state.notes,
      codeOf: state.codeOf,
      peers: state.peers,
    },
    people: options.people ?? servePeople([]),
    browserApp: options.browserApp,
    outerDoors: options.issuers && outerDoorsOf(config, options.issuers),
    mounts: options.table ?? new MountTable({ fixed, since, clock }),
    metrics,
    underWay,
    readiness: () => ({ ready: true, detail: 'ready' }),
    since,
    keep: keepAlone(),
    log,
    clock,
    instead: {
      pipeline: { clock: systemClock, ...options.pipeline },
      server: { clock: systemClock, ...options.server },
      hashPassword: async password => cheapHash(password),
    },
  });
  const { url } = await server.start();
  const stop = async (stopOptions?: StopOptions) => {
    await server.stop(stopOptions);
    if (options.state === undefined) {
      await state.close();
    }
  };
  return {
    url: url.replace(/\/$/, ''),
    user: 'user',
    password: PASSWORD,
    drive,
    logged,
    devicePasswords: state.devicePasswords,
    shares: state.shares,
    underWay,
    stop,
  };
}

function configOf(options: FrontDoorOptions): FrontConfig {
  const { users = [{ name: 'user', mounts: '*', access: 'write' }] } = options;
  const parsed = configSchema.parse({
    mounts: [{ mailbox: 'in memory' }],
    users: [{ name: 'user', passwordHash: PASSWORD_HASH, mounts: '*' }],
    auth: { realm: 'test' },
    limits: { ...LIMITS, idleTimeoutSeconds: 60, drainSeconds: 2 },
    downloads: { minRedirectBytes: 0 },
  });
  return {
    ...parsed,
    users: users.map(user => ({
      ...user,
      passwordHash: cheapHash(PASSWORD),
      download: null,
      limits: null,
      operator: false,
    })),
    listen: {
      ...{
        host: '127.0.0.1',
        port: 0,
        reusePort: false,
        basePath: [],
        trustedProxies: [],
        compression: true,
        cors: [],
        tls: undefined,
        http2: true,
      },
      ...options.listen,
    },
    auth: { ...parsed.auth, ...options.auth },
    publicUrls: [...(options.publicUrls ?? [])],
    junk: options.junk ?? parsed.junk,
    shares: options.shares ?? null,
    metrics: { listen: undefined, token: undefined },
    cache: { ...parsed.cache, maxAnswerBytes: options.maxAnswerBytes ?? parsed.cache.maxAnswerBytes },
    downloads: { ...parsed.downloads, proxy: { ...parsed.downloads.proxy, keys: [] } },
  };
}
