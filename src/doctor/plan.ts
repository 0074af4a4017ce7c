import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { MailboxRule, MountConfig } from '../discovery/mount-config.ts';
import type { RuleMatches } from '../discovery/rule-matches.ts';
import { CREDENTIAL_TRAITS } from '../graph/credential-kinds.ts';
import type { Clock } from '../lib/clock.ts';
import type { StateHealth } from '../state/state-look.ts';
import type { Check, ThrottlingCheck } from './check.ts';
import { type ClockCheck, clockCheck } from './clock.ts';
import { contentHostsCheck } from './content-hosts.ts';
import { credentialCheck } from './credential.ts';
import { credentialExpiryCheck } from './credential-expiry.ts';
import { dataFolderCheck } from './data-folder.ts';
import { databaseCheck } from './database.ts';
import { directoryPermissionsCheck } from './directory-permissions.ts';
import { driveCheck } from './drive.ts';
import { type HostsParts, hostsCheck } from './hosts.ts';
import { mailboxRuleCheck } from './mailbox-rule.ts';
import type { MountUnderTest } from './mount.ts';
import { createOwnServer } from './own-server.ts';
import { passwordsCheck } from './passwords.ts';
import { permissionsCheck } from './permissions.ts';
import { plainHttpCheck } from './plain-http.ts';
import { portCheck } from './port.ts';
import { publicUrlCheck } from './public-url.ts';
import { quotaCheck } from './quota.ts';
import { readCheck } from './read.ts';
import { rootFolderCheck } from './root-folder.ts';
import type { Lane, Plan } from './run-checks.ts';
import { runningServerCheck, type ServerLook } from './running-server.ts';
import { signInCheck } from './sign-in.ts';
import type { TenantUnderTest } from './tenant.ts';
import { throttlingCheck } from './throttling.ts';
import { tlsCertificateCheck } from './tls-certificate.ts';
import { writeCheck } from './write.ts';
import { writeByRuleCheck } from './write-by-rule.ts';

export interface PlanParts {
  readonly config: Config;
  readonly tenants: readonly TenantUnderTest[];
  /** The mounts whose drives are checked. */
  readonly mounts: readonly MountConfig[];
  /** The rules whose matches are counted. */
  readonly rules: readonly MailboxRule[];
  /** Where files may be written: nowhere; in each mount and a few of each rule's mailboxes; in all of them. */
  readonly write: 'none' | 'some' | 'all';
  readonly lookAtState: () => StateHealth;
  /** Asks the server that runs with this configuration. */
  readonly lookAtServer: () => Promise<ServerLook>;
  readonly configFile: string;
  /** The drive that the server of this data folder has found for a mount. */
  readonly pinnedDriveId: (mount: MountConfig) => string | undefined;
  readonly findByRules: (tenant: TenantUnderTest, signal: AbortSignal) => Promise<RuleMatches>;
  /** The value of HTTPS_PROXY. */
  readonly environmentProxy: string | undefined;
  readonly clock: Clock;
}

/** Plans all checks, their order and their dependencies. */
export function makePlan(parts: PlanParts): Plan {
  const ways = planWays(parts);
  const tenants = ways.flatMap(way => way.tenants.map(tenant => planTenant(tenant, way, parts)));
  const mounts = parts.mounts.map(mount =>
    planMount(mount, tenants.find(({ tenant }) => tenant.config.name === mount.tenant)!, parts),
  );
  return [
    [planMachine(parts)],
    ways.map(({ hosts, clock }) => [hosts, clock]),
    tenants.map(({ lane }) => lane),
    mounts.map(({ lane }) => lane),
    tenants.flatMap(planned => planRules(planned, parts)),
    tenants.map(planned => planEnd(planned, mounts, parts)),
  ];
}

function planMachine({ config, configFile, lookAtState, lookAtServer, clock }: PlanParts): Lane {
  const { listen, publicUrls, users, outbound } = config;
  const ownServer = createOwnServer(listen);
  return [
    ...stateChecks(config, lookAtState),
    passwordsCheck(users),
    plainHttpCheck(config),
    portCheck({ listen, ownServer }),
    runningServerCheck({ configFile, look: lookAtServer, clock }),
    tlsCertificateCheck({ tls: listen.tls, publicUrls, clock }),
    publicUrlCheck({ publicUrls, caPem: outbound.caPem, ownServer }),
  ];
}

/** With a database the folder has no state, but the server needs it still. */
function stateChecks({ dataDir, state }: Config, lookAtState: () => StateHealth): Lane {
  if (state === undefined) {
    return [dataFolderCheck({ dataDir, lookAtState })];
  }
  const noFile = () => ({ file: join(dataDir, 'owner.sqlite'), problem: undefined });
  return [dataFolderCheck({ dataDir, lookAtState: noFile }), databaseCheck(lookAtState)];
}

/** Tenants that are reached at the same hosts. */
interface PlannedWay {
  readonly tenants: readonly TenantUnderTest[];
  readonly hosts: Check;
  readonly clock: ClockCheck;
}

/** Groups tenants by hosts, so that a problem with a host is reported once. */
function planWays(parts: PlanParts): PlannedWay[] {
  const groups = Map.groupBy(parts.tenants, tenant => originsOf(tenant).join(' '));
  return [...groups.values()].map(tenants => {
    const label = groups.size === 1 ? undefined : tenants.map(({ label }) => label).join(', ');
    const origins = originsOf(tenants[0]!);
    const hosts = hostsCheck({ origins, tenant: label, ...wayOut(parts) });
    const { transport } = tenants[0]!;
    const clock = clockCheck({ transport, origins, tenant: label, needs: [hosts], clock: parts.clock });
    return { tenants, hosts, clock };
  });
}

function wayOut({ config: { outbound }, environmentProxy, clock }: PlanParts): HostsParts {
  return { ...outbound, environmentProxy, clock };
}

/** MSAL's own host for China, which no option changes (seen with msal-node 5.6). */
const CHINA_TOKENS = 'https://login.partner.microsoftonline.cn';

/** Returns the hosts of a tenant; a managed identity gets its tokens from this machine. */
function originsOf({ cloud, config: { credential, authorityHost } }: TenantUnderTest): string[] {
  if (CREDENTIAL_TRAITS[credential.kind].isOfMachine) {
    return [cloud.graphUrl];
  }
  const china = cloud.name === 'china' && authorityHost === undefined ? [CHINA_TOKENS] : [];
  return [cloud.authorityHost, ...china, cloud.graphUrl];
}

interface PlannedTenant {
  readonly tenant: TenantUnderTest;
  readonly lane: Lane;
  readonly credential: Check;
  readonly permissions: Check;
  readonly directory: Check;
  readonly throttling: ThrottlingCheck;
}

function planTenant(tenant: TenantUnderTest, way: PlannedWay, { config, clock }: PlanParts): PlannedTenant {
  const { label, traffic, config: own } = tenant;
  const throttling = throttlingCheck({ tenant: label, traffic, clock });
  const credential = credentialCheck({ tenant, needs: [way.hosts], throttling, clockCheck: way.clock });
  const needs = [credential];
  const ofTenant = [...config.mounts, ...config.mailboxRules].filter(each => each.tenant === own.name);
  const permissions = permissionsCheck({ tenant, needs, mounts: ofTenant });
  const rules = config.mailboxRules.filter(rule => rule.tenant === own.name);
  const people = config.people.filter(rule => rule.tenant === own.name);
  const usesGroups = [...rules, ...people].some(({ group }) => group !== undefined);
  const appRoles = [...new Set(people.flatMap(({ appRole }) => appRole ?? []))];
  const directory = directoryPermissionsCheck({ tenant, needs, usesGroups, usesRoles: appRoles.length > 0 });
  const expiry = credentialExpiryCheck({ tenant, needs, throttling, clock });
  const { publicUrls, signIn } = config;
  const signsIn = people.length > 0 && signIn.issuer === null && (signIn.tenant ?? own.name) === own.name;
  const lane = [
    ...[credential, permissions],
    ...(rules.length + people.length > 0 ? [directory] : []),
    ...(signsIn ? [signInCheck({ tenant, needs, throttling, publicUrls, appRoles })] : []),
    expiry,
  ];
  return { tenant, lane, credential, permissions, directory, throttling };
}

interface PlannedMount {
  readonly mount: MountUnderTest;
  readonly lane: Lane;
}

function planMount(config: MountConfig, planned: PlannedTenant, { write, pinnedDriveId }: PlanParts): PlannedMount {
  const { tenant, credential, permissions, throttling } = planned;
  const mount = { config, tenant, pinned: pinnedDriveId(config), driveId: undefined, contentHost: undefined };
  const drive = driveCheck({ mount, needs: [credential], throttling, permissions });
  const quota = quotaCheck({ mount, needs: [drive], throttling });
  const root = rootFolderCheck({ mount, needs: [drive], throttling });
  const hasRoot = config.root.length > 0;
  const needs = hasRoot ? [drive, root] : [drive];
  const lane = [
    drive,
    quota,
    ...(hasRoot ? [root] : []),
    readCheck({ mount, needs, throttling }),
    ...(write === 'none' ? [] : [writeCheck({ mount, needs: [...needs, quota], throttling, permissions })]),
  ];
  return { mount, lane };
}

/** Plans the checks that need the results of all others. */
function planEnd(
  { tenant, credential, throttling }: PlannedTenant,
  mounts: readonly PlannedMount[],
  parts: PlanParts,
): Lane {
  const own = mounts.map(({ mount }) => mount).filter(mount => mount.tenant === tenant);
  return [contentHostsCheck({ tenant: tenant.label, needs: [credential], mounts: own, ...wayOut(parts) }), throttling];
}

function planRules(
  { tenant, directory, permissions, throttling }: PlannedTenant,
  { rules, findByRules, write }: PlanParts,
): Lane[] {
  let asked: Promise<RuleMatches> | undefined;
  const matches = (signal: AbortSignal) => {
    asked ??= findByRules(tenant, signal);
    return asked;
  };
  return rules
    .filter(rule => rule.tenant === tenant.config.name)
    .map(rule => {
      const found = mailboxRuleCheck({ rule, tenant, needs: [directory], throttling, matches });
      const needs = [directory, found];
      const all = write === 'all';
      return write === 'none'
        ? [found]
        : [found, writeByRuleCheck({ rule, tenant, needs, throttling, permissions, matches, all })];
    });
}
