import type { Config, TenantConfig } from '../config/load.ts';
import { foldName } from '../drive/path.ts';
import type { Tenants } from '../graph/connect.ts';
import { type DriveSource, pinName } from '../graph/drive-source.ts';
import type { Graph } from '../graph/graph.ts';
import type { Clock } from '../lib/clock.ts';
import { isGlob } from '../lib/glob.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import { MountTable, type Wait } from '../mounts/mount-table.ts';
import { namesOf } from '../mounts/rights.ts';
import type { State } from '../state/state.ts';
import { DiscoveredMounts, type Mounter, type ServedMount } from './discovered-mounts.ts';
import { KnownMailboxes } from './known-mailboxes.ts';
import type { OwnMounts } from './mailbox-discovery.ts';
import { MailboxWatch, type MailboxWatchOptions } from './mailbox-watch.ts';
import type { MailboxRule } from './mount-config.ts';

export interface MountParts {
  readonly tenants: Tenants;
  readonly state: Pick<State, 'driveIds' | 'mailboxes'>;
  /** Creates the mount of one drive, fixed or discovered. */
  readonly mount: Mounter;
  /** Receives the number of mounts, and each failure to read a directory. */
  readonly metrics: {
    mounts(count: { all: number; discovered: number }): void;
    discoveryFailed(tenant: string): void;
  };
  /** Receives the outcome of each look into a directory. */
  readonly onDiscovery: (tenant: string, outcome: { readonly failed: boolean }) => void;
  readonly keep: Keep;
  /** What was there with the configuration before. */
  readonly before?: MountsBefore | undefined;
  readonly log: Log;
  readonly clock: Clock;
  /** The date of the root. */
  readonly since: Date;
}

/** What stays of earlier mounts when there are others: not the mounts themselves. */
export interface MountsBefore {
  /** Of all mounts. */
  readonly names: ReadonlySet<string>;
  /** When one last came or went. */
  readonly changed: Date;
}

/** The mounts of the server, and the watches that update them from the directories. */
export interface ServedMounts {
  readonly table: MountTable<ServedMount>;
  /** Starts looking into the directories; the table follows from now on. */
  start(): void;
  /** Returns false until one of the directories has been read, now or in an earlier run. */
  isReady(): boolean;
}

/** Creates the mounts of the configuration, and those that its rules find. Makes no calls before `start`. */
export async function createMounts(config: Config, parts: MountParts): Promise<ServedMounts> {
  const { clock, since, metrics, mount, before } = parts;
  const followed: Followed[] = [];
  const fixed = config.mounts.map(mount);
  const pending = () => waitFor(followed.map(({ watch }) => watch));
  const table = new MountTable<ServedMount>({ fixed, pending, since, clock });
  followed.push(...(await createWatches(config, { ...parts, table })));
  table.continues(before);
  const count = () => metrics.mounts({ all: table.size, discovered: table.size - fixed.length });
  const warnOfStrangers = createStrangerWarning(config, { ...parts, table });
  return {
    table,
    start: () => {
      table.onChange(count);
      count();
      for (const { watch, discovered } of followed) {
        discovered.follow(watch.found());
        watch.start(found => {
          discovered.follow(found);
          warnOfStrangers();
        });
      }
    },
    isReady: () => followed.length === 0 || followed.some(({ watch }) => watch.isComplete()),
  };
}

/** The mounts that follow what a watch finds. */
interface Followed {
  readonly watch: MailboxWatch<MailboxRule>;
  readonly discovered: DiscoveredMounts;
}

/** Creates a watch for each tenant with rules. Mailboxes known from an earlier run are mounted at once. */
async function createWatches(
  config: Config,
  parts: MountParts & { readonly table: MountTable<ServedMount> },
): Promise<Followed[]> {
  const { table, mount, keep, before, clock, metrics, onDiscovery } = parts;
  const followed: Followed[] = [];
  for (const { tenant, key, ...discovery } of await discoveriesOf(config, parts)) {
    const log = config.tenants.length === 1 ? parts.log : parts.log.child({ tenant: tenant.name });
    const open = () => openWatch({ ...discovery, tenant, metrics, onDiscovery, clock, log });
    const ending = { end: (watch: MailboxWatch<MailboxRule>) => watch.stop(), isBackground: true };
    const watch = await keep.open('watch of mailboxes', key, open, ending);
    const discovered = new DiscoveredMounts(table, { mount, known: before?.names ?? new Set(), log });
    // In order, since the order decides which name a mount gets.
    discovered.follow(watch.found());
    followed.push({ watch, discovered });
  }
  return followed;
}

type WatchParts = Pick<MountParts, 'metrics' | 'onDiscovery' | 'clock' | 'log'> &
  Omit<Discovery, 'key'> & { readonly tenant: TenantConfig };

/** It outlives its configuration, so it must hold nothing of it but this. */
function openWatch({ tenant, graph, sources, driveIds, metrics, onDiscovery, ...options }: WatchParts) {
  return MailboxWatch.open({
    ...options,
    call: graph.call,
    forgetToken: () => graph.tokens.forget(),
    singles: sources.flatMap(source => (isMailbox(source) ? [source.mailbox] : [])),
    ownMounts: () => findOwnMounts(sources, { tenant, driveIds }),
    onFailure: () => {
      metrics.discoveryFailed(tenant.name);
      onDiscovery(tenant.name, { failed: true });
    },
    onSuccess: () => onDiscovery(tenant.name, { failed: false }),
  });
}

/** Returns the wait until every rule has been answered: before, there may be unknown mounts. */
function waitFor(watches: readonly MailboxWatch<MailboxRule>[]): Wait | undefined {
  const waiting = watches.filter(watch => !watch.isComplete());
  const retryAfterSeconds = Math.max(...waiting.map(watch => watch.waitSeconds()));
  return waiting.length === 0 ? undefined : { retryAfterSeconds };
}

/** What a watch looks for. */
interface Discovery extends Pick<MailboxWatchOptions<MailboxRule>, 'tenantId' | 'known' | 'rules' | 'intervalMs'> {
  readonly tenant: TenantConfig;
  readonly graph: Graph;
  /** Of the tenant's mounts in the configuration. */
  readonly sources: readonly DriveSource[];
  readonly driveIds: MountParts['state']['driveIds'];
  /** Equal for two watches that look for the same. */
  readonly key: readonly unknown[];
}

/** Returns the discovery for each tenant with rules. */
async function discoveriesOf(config: Config, { tenants, state, keep }: MountParts): Promise<Discovery[]> {
  const withRules = config.tenants.filter(({ name }) => config.mailboxRules.some(rule => rule.tenant === name));
  const keys = new Map<string, TenantConfig>();
  // By name, so that their order in the file does not matter.
  for (const tenant of withRules.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const id = tenant.tenantId.toLowerCase();
    // A tenant may be configured twice, with two applications: each finds its own mailboxes.
    keys.set(keys.has(id) ? `${id} ${tenant.name}` : id, tenant);
  }
  const mountNames = config.mounts.map(({ name }) => name);
  const known = await openKnown({ tenantIds: [...keys.keys()], mountNames }, { state, keep });
  return [...keys].map(([tenantId, tenant]) => {
    const graph = tenants.graphOf(tenant.name);
    const rules = config.mailboxRules.filter(rule => rule.tenant === tenant.name);
    const sources = config.mounts
      .filter(({ tenant: name }) => isSameTenant(tenantOf(config, name), tenant))
      .map(({ source }) => source);
    const intervalMs = config.discovery.intervalMinutes * 60_000;
    return {
      ...{ tenant, tenantId, graph, known, rules, sources, intervalMs, driveIds: state.driveIds },
      key: [graph, tenantId, known, rules, sources, intervalMs],
    };
  });
}

/** The same mailboxes are known under each configuration: two memories of one store would contradict each other. */
async function openKnown(
  configured: { readonly tenantIds: readonly string[]; readonly mountNames: readonly string[] },
  { state, keep }: Pick<MountParts, 'state' | 'keep'>,
): Promise<KnownMailboxes> {
  const none = { tenantIds: [], mountNames: [] };
  const memory = await keep.open('memory of mailboxes', [], () => KnownMailboxes.open(state.mailboxes, none));
  return keep.open('known mailboxes', [configured], () => memory.under(configured));
}

/**
 * Returns a function that checks whether a user's drive, if found, also belongs to a mount of the configuration, by its
 * source, as far as known now.
 */
async function findOwnMounts(
  sources: readonly DriveSource[],
  { tenant, driveIds }: Pick<Discovery, 'tenant' | 'driveIds'>,
): Promise<OwnMounts> {
  const pins = await driveIds.list(tenant.tenantId);
  const pinned = (mailbox: string) => pins.get(mailbox.toLowerCase());
  const own = new Set(
    sources
      .filter(({ kind }) => kind !== 'site')
      .map(source => (source.kind === 'drive' ? source.driveId : pinned(pinName(source)))),
  );
  own.delete(undefined);
  return userId => own.size > 0 && own.has(pinned(userId));
}

function isMailbox(source: DriveSource): source is Extract<DriveSource, { kind: 'mailbox' }> {
  return source.kind === 'mailbox';
}

function isSameTenant(left: TenantConfig, right: TenantConfig): boolean {
  return left.tenantId.toLowerCase() === right.tenantId.toLowerCase();
}

/** Warns once, when all mounts are known, about the mounts that users and keys name but that do not exist. */
function createStrangerWarning(
  { users, downloads }: Config,
  { table, log }: { readonly table: MountTable<ServedMount>; readonly log: Log },
): () => void {
  let isDone = false;
  const places = [
    ...users.map(({ name, mounts }) => ({ where: `of the user "${name}"`, mounts })),
    ...downloads.proxy.keys.map(({ mounts }) => ({ where: 'of downloads.proxy.keys', mounts })),
  ];
  return () => {
    if (isDone || table.pending() !== undefined) {
      return;
    }
    isDone = true;
    for (const { where, mounts } of places) {
      for (const name of namesOf(mounts)) {
        if (!isGlob(name) && table.get(foldName(name)) === undefined) {
          log.warn(`there is no mount "${name}" ${where}, and no rule has found one`);
        }
      }
    }
  };
}

function tenantOf({ tenants }: Config, name: string): TenantConfig {
  return tenants.find(tenant => tenant.name === name)!;
}
