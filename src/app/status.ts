import type { Config, TenantConfig } from '../config/load.ts';
import type {
  DeviceStatus,
  FailingMount,
  FeedStatus,
  LockStatus,
  MountState,
  MountsStatus,
  ReadinessStatus,
  RequestStatus,
  ShareStatus,
  Status,
  TenantStatus,
  UploadSessionsStatus,
} from '../control/status.ts';
import type { ServedMount } from '../discovery/discovered-mounts.ts';
import type { Tenants } from '../graph/connect.ts';
import type { Readiness } from '../http/health.ts';
import type { RequestsUnderWay, RequestUnderWay } from '../http/under-way.ts';
import type { Clock } from '../lib/clock.ts';
import { VERSION } from '../lib/version.ts';
import type { MountTable } from '../mounts/mount-table.ts';
import { compileShareRules, type ShareRules } from '../shares/share-rules.ts';
import { shareJson } from '../shares/sharing.ts';
import type { DevicePassword } from '../state/device-password-store.ts';
import type { StoredLock } from '../state/lock-store.ts';
import type { Share } from '../state/share-store.ts';
import type { State } from '../state/state.ts';
import { measureEventLoop } from './event-loop.ts';
import type { Feeds } from './feeds.ts';
import type { KnownSpace } from './known-space.ts';
import type { OpenWorks } from './recovery.ts';

/** The parts of the server that the status tells of. */
export interface StatusParts {
  readonly config: Config;
  readonly tenants: Tenants;
  readonly mounts: MountTable<ServedMount>;
  readonly underWay: RequestsUnderWay;
  readonly state: Pick<State, 'uploadSessions' | 'locks' | 'devicePasswords' | 'shares' | 'peers'>;
  readonly space: Pick<KnownSpace, 'known' | 'refresh'>;
  readonly works: OpenWorks;
  readonly feeds: Pick<Feeds, 'byTenant'>;
  readonly readiness: () => Readiness;
  /** Returns when the secret or certificate of a tenant ends, as far as known. */
  readonly credentialEnds: (tenant: string) => Date | undefined;
}

export interface StatusFacts extends Pick<Status, 'url' | 'config' | 'logLevel' | 'problems'> {
  readonly since: Date;
}

/**
 * Reads what the server does now, which takes a tenth of a second. Waits for no call to Microsoft; space that was not
 * asked for lately is asked for in the background.
 */
export async function readStatus(parts: StatusParts, facts: StatusFacts, clock: Clock): Promise<Status> {
  const { config, mounts, underWay, readiness, state, space } = parts;
  space.refresh();
  const eventLoop = await measureEventLoop();
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  return {
    version: VERSION,
    node: process.version,
    pid: process.pid,
    ...facts,
    since: facts.since.toISOString(),
    readiness: describeReadiness(readiness()),
    servers: state.peers.list(),
    tenants: config.tenants.map(tenant => describeTenant(tenant, parts)),
    mounts: describeMounts(mounts, config.mounts.length),
    requests: underWay.all().map(request => describeRequest(request, clock.now())),
    uploadSessions: await Promise.all(eachTenantOnce(config).map(tenant => describeSessions(tenant, parts))),
    feeds: config.tenants.flatMap(tenant => describeFeeds(tenant, parts, clock.now())),
    space: space.known(),
    locks: (await state.locks.discover([], { now: clock.now(), members: true })).map(describeLock),
    devices: (await state.devicePasswords.list()).map(describeDevice),
    shares: config.shares === null ? [] : describeShares(await state.shares.list(), config.shares, clock.now()),
    process: {
      memory: { rss, heapUsed, heapTotal, external },
      eventLoop,
      cpuSeconds: Math.round((user + system) / 1e4) / 100,
    },
  };
}

function describeReadiness({ ready, detail, parts }: Readiness): ReadinessStatus {
  return { ready, detail, parts: parts?.map(part => ({ ...part, since: part.since?.toISOString() })) };
}

function describeTenant(
  { name, tenantId, cloud, credential }: TenantConfig,
  { tenants, credentialEnds }: StatusParts,
): TenantStatus {
  const graph = tenants.graphOf(name);
  const since = graph.tokens.since();
  const ends = credential.kind === 'certificate' ? credential.expires : credentialEnds(name);
  return {
    ...{ name, tenantId, cloud, credential: credential.kind },
    credentialEnds: ends?.toISOString(),
    tokenSince: since === undefined ? undefined : toIso(since),
    quietSeconds: Math.ceil(graph.quietSeconds()),
  };
}

function describeMounts(table: MountTable<ServedMount>, fixed: number): MountsStatus {
  const all = table.all();
  const byState: Record<MountState, number> = { unused: 0, open: 0, failing: 0 };
  const failing: FailingMount[] = [];
  for (const { name, state } of all) {
    const now = state();
    byState[now?.kind ?? 'unused'] += 1;
    if (now?.kind === 'failing') {
      failing.push({ name, cause: now.cause, since: toIso(now.since) });
    }
  }
  return {
    ...{ all: all.length, discovered: all.length - fixed, complete: table.pending() === undefined },
    ...{ byState, failing },
  };
}

function describeRequest(
  { id, method, path, user, address, userAgent, since, bytes }: RequestUnderWay,
  now: number,
): RequestStatus {
  const seconds = Math.max(0, Math.round((now - since) / 100) / 10);
  return { id, method, path, user, address, userAgent, since: toIso(since), seconds, bytes: bytes() };
}

/** A tenant may be configured twice, with two applications: their sessions are the same. */
function eachTenantOnce({ tenants }: Config): TenantConfig[] {
  const ids = tenants.map(({ tenantId }) => tenantId.toLowerCase());
  return tenants.filter((_tenant, index) => ids.indexOf(ids[index]!) === index);
}

async function describeSessions(
  { name, tenantId }: TenantConfig,
  { state, works }: StatusParts,
): Promise<UploadSessionsStatus> {
  const all = await state.uploadSessions.list(tenantId.toLowerCase());
  const active = works.of(tenantId).sessions.active;
  const oldest = all[0] && toIso(all[0].since);
  return { tenant: name, active, left: Math.max(0, all.length - active), oldest };
}

function describeFeeds({ name }: TenantConfig, { feeds, mounts }: StatusParts, now: number): FeedStatus[] {
  const looks = feeds.byTenant.get(name)?.looks() ?? [];
  if (looks.length === 0) {
    return [];
  }
  const byDrive = namesByDrive(mounts);
  return looks.map(({ driveId, at, failures }) => ({
    ...{ tenant: name, driveId, mounts: byDrive.get(driveId) ?? [], failures },
    looked: at === undefined ? undefined : toIso(at),
    ageSeconds: at === undefined ? undefined : Math.max(0, Math.round((now - at) / 1000)),
  }));
}

function describeLock({ token, root, user, scope, expires }: StoredLock): LockStatus {
  return { token, path: `/${root.join('/')}`, user, scope, expires: toIso(expires) };
}

function describeDevice({ id, userId, principal, name, created, expires, lastUse }: DevicePassword): DeviceStatus {
  return {
    ...{ id, userId, principal, name, created: toIso(created) },
    ...(expires === undefined ? {} : { expires: toIso(expires) }),
    ...(lastUse === undefined ? {} : { lastUse: { ...lastUse, at: toIso(lastUse.at) } }),
  };
}

/** By what the configuration allows now. Whether the owner may still share is decided when somebody comes in. */
function describeShares(shares: readonly Share[], allowed: ShareRules, now: number): ShareStatus[] {
  const rules = compileShareRules(allowed);
  return shares.flatMap(share => {
    const { state, path, ...json } = shareJson(share, rules, now);
    return state === 'open' || state === 'exhausted'
      ? [{ ...json, state, owner: share.ownerName, path: `/${path.join('/')}` }]
      : [];
  });
}

function namesByDrive(mounts: MountTable<ServedMount>): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { name, state } of mounts.all()) {
    const now = state();
    if (now?.kind === 'open') {
      names.set(now.driveId, [...(names.get(now.driveId) ?? []), name]);
    }
  }
  return names;
}

function toIso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
