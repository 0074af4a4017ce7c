import { type OpenWorks, spoolFolder } from './app-recovery.ts';
import type { Config, TenantConfig } from './config/load.ts';
import type { DriveSource, MailboxRule, MountConfig } from './config/mounts.ts';
import { KnownMailboxes } from './discovery/known-mailboxes.ts';
import type { FoundMailbox } from './discovery/mailbox-discovery.ts';
import { MailboxWatch } from './discovery/mailbox-watch.ts';
import type { Drive } from './drive/drive.ts';
import { foldName, toDrivePath } from './drive/path.ts';
import type { Tenants } from './graph/connect.ts';
import type { Metrics } from './http/metrics.ts';
import { ByteBudget } from './lib/byte-budget.ts';
import type { Clock } from './lib/clock.ts';
import { isGlob } from './lib/glob.ts';
import type { Log } from './lib/log.ts';
import { type MountSpec, MountTable, type Wait } from './mounts/mount-table.ts';
import { AbsenceBudget } from './onedrive/absence-budget.ts';
import { CacheBudget } from './onedrive/cache-budget.ts';
import { DownloadUrls } from './onedrive/download-urls.ts';
import { HostHabits } from './onedrive/host-habits.ts';
import { createOneDriveDrive } from './onedrive/onedrive-drive.ts';
import { pinName } from './onedrive/open-drive.ts';
import type { State } from './state/sqlite-state.ts';

/** Names that a line of the log holds. */
const MAX_LOGGED_NAMES = 10;

/** A mount with what the configuration says of it. */
export interface ServedMount extends MountSpec {
  readonly download: MountConfig['download'];
}

export interface MountParts {
  readonly tenants: Tenants;
  readonly state: State;
  readonly works: OpenWorks;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** The date of the root. */
  readonly since: Date;
}

/** The mounts of the server, and who keeps them as the directories say. */
export interface ServedMounts {
  readonly table: MountTable<ServedMount>;
  /** Begins to look into the directories. */
  start(): void;
  stop(): Promise<void>;
  /** False until one of the directories has been read, now or in an earlier run. */
  isReady(): boolean;
}

/** The mounts of the configuration, and those that its rules find. Nothing is asked of anybody before `start`. */
export function createMounts(config: Config, parts: MountParts): ServedMounts {
  const { clock, since, metrics } = parts;
  const mount = createMounter(config, parts);
  const watches: MailboxWatch<MailboxRule>[] = [];
  const fixed = config.mounts.map(mount);
  const table = new MountTable<ServedMount>({ fixed, pending: () => waitFor(watches), since, clock });
  const count = () => metrics.mounts({ all: table.size, discovered: table.size - fixed.length });
  count();
  table.onChange(count);
  watches.push(...createWatches(config, { ...parts, table, mount }));
  return {
    table,
    start: () => {
      for (const watch of watches) {
        watch.start();
      }
    },
    stop: async () => void (await Promise.all(watches.map(watch => watch.stop()))),
    isReady: () => watches.length === 0 || watches.some(watch => watch.isComplete()),
  };
}

type MountSettings = Omit<MountConfig, 'position'>;
type Mounter = (settings: MountSettings) => ServedMount;

/** One for each tenant that has rules. What is known from an earlier run is mounted at once. */
function createWatches(
  config: Config,
  parts: MountParts & { readonly table: MountTable<ServedMount>; readonly mount: Mounter },
): MailboxWatch<MailboxRule>[] {
  const { table, mount, clock, metrics } = parts;
  const warnOfStrangers = createStrangerWarning(config, parts);
  return discoveriesOf(config, parts).map(({ tenant, ...discovery }) => {
    const log = config.tenants.length === 1 ? parts.log : parts.log.child({ tenant: tenant.name });
    const discovered = new DiscoveredMounts(table, { mount, log });
    const onFound = (found: readonly FoundMailbox<MailboxRule>[]) => {
      discovered.follow(found);
      warnOfStrangers();
    };
    const onFailure = () => metrics.discoveryFailed(tenant.name);
    const watch = new MailboxWatch({ ...discovery, clock, log, onFound, onFailure });
    discovered.follow(watch.found());
    return watch;
  });
}

/** Until every rule has been answered there may be mounts that nobody knows yet. */
function waitFor(watches: readonly MailboxWatch<MailboxRule>[]): Wait | undefined {
  const waiting = watches.filter(watch => !watch.isComplete());
  const retryAfterSeconds = Math.max(...waiting.map(watch => watch.waitSeconds()));
  return waiting.length === 0 ? undefined : { retryAfterSeconds };
}

/** Makes mounts. Their drives are made when they are first used: of thousands most are not used for long. */
function createMounter(config: Config, { tenants, state, works, log, clock }: MountParts): Mounter {
  const shared = {
    driveIds: state.driveIds,
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
  return ({ name, readOnly, download, source, tenant, root }) => {
    let drive: Drive | undefined;
    return {
      name,
      readOnly,
      download,
      get drive() {
        drive ??= createOneDriveDrive({
          ...shared,
          graph: tenants.graphOf(tenant),
          ...works.of(tenantOf(config, tenant).tenantId),
          absences: absences.get(tenant),
          tenantId: tenantOf(config, tenant).tenantId,
          source,
          root: toDrivePath(root),
          log: log.child({ mount: name }),
        });
        return drive;
      },
    };
  };
}

/** For each tenant that has rules: what its watch is given. */
function discoveriesOf(config: Config, { tenants, state }: MountParts) {
  const withRules = config.tenants.filter(({ name }) => config.mailboxRules.some(rule => rule.tenant === name));
  const keys = new Map<string, TenantConfig>();
  // By name: their order in the file changes nothing.
  for (const tenant of withRules.toSorted((left, right) => (left.name < right.name ? -1 : 1))) {
    const id = tenant.tenantId.toLowerCase();
    // One tenant may stand in the configuration twice, with two applications: each finds its own.
    keys.set(keys.has(id) ? `${id} ${tenant.name}` : id, tenant);
  }
  const known = new KnownMailboxes(state.mailboxes, {
    tenantIds: [...keys.keys()],
    mountNames: config.mounts.map(({ name }) => name),
  });
  return [...keys].map(([tenantId, tenant]) => ({
    tenant,
    tenantId,
    known,
    call: tenants.graphOf(tenant.name).call,
    forgetToken: () => tenants.graphOf(tenant.name).tokens.forget(),
    rules: config.mailboxRules.filter(rule => rule.tenant === tenant.name),
    singles: config.mounts.flatMap(({ source, tenant: name }) =>
      isMailbox(source) && isSameTenant(tenantOf(config, name), tenant) ? [source.mailbox] : [],
    ),
    ownMounts: () => findOwnMounts(config, { tenant, state }),
    intervalMs: config.discovery.intervalMinutes * 60_000,
  }));
}

/** Tells whether the drive of a user, where one has been found, is also that of a mount of the configuration, as far as those are known now. */
function findOwnMounts(
  config: Config,
  { tenant, state: { driveIds } }: { tenant: TenantConfig; state: State },
): (userId: string) => boolean {
  const pinned = (mailbox: string) => driveIds.get({ tenantId: tenant.tenantId, mailbox: mailbox.toLowerCase() });
  const sources = config.mounts
    .filter(({ tenant: name, source }) => source.kind !== 'site' && isSameTenant(tenantOf(config, name), tenant))
    .map(({ source }) => source);
  const own = new Set(sources.map(source => (source.kind === 'drive' ? source.driveId : pinned(pinName(source)))));
  own.delete(undefined);
  return userId => own.size > 0 && own.has(pinned(userId));
}

function isMailbox(source: DriveSource): source is Extract<DriveSource, { kind: 'mailbox' }> {
  return source.kind === 'mailbox';
}

function isSameTenant(left: TenantConfig, right: TenantConfig): boolean {
  return left.tenantId.toLowerCase() === right.tenantId.toLowerCase();
}

function tenantOf({ tenants }: Config, name: string): TenantConfig {
  return tenants.find(tenant => tenant.name === name)!;
}

/** The mounts of what the rules of one tenant find. A mailbox that stays keeps its mount, unless another rule has it now. */
class DiscoveredMounts {
  readonly #table: MountTable<ServedMount>;
  readonly #options: { mount: Mounter; log: Log };
  /** By object id. */
  #mounts: ReadonlyMap<string, { readonly mount: ServedMount; readonly rule: MailboxRule }> = new Map();

  constructor(table: MountTable<ServedMount>, options: { mount: (settings: MountSettings) => ServedMount; log: Log }) {
    this.#table = table;
    this.#options = options;
  }

  follow(found: readonly FoundMailbox<MailboxRule>[]): void {
    const before = this.#mounts;
    this.#mounts = new Map(
      found.map(({ userId, name, rule }) => {
        const known = before.get(userId);
        const stays = known !== undefined && known.rule === rule && known.mount.name === name;
        const source = { kind: 'mailbox', mailbox: userId } as const;
        return [userId, stays ? known : { rule, mount: this.#options.mount({ ...rule, name, source }) }];
      }),
    );
    const [old, now] = [before, this.#mounts].map(map => new Set([...map.values()].map(({ mount }) => mount)));
    const remove = [...old!].filter(mount => !now!.has(mount));
    const add = [...now!].filter(mount => !old!.has(mount));
    this.#table.change({ remove, add });
    this.#log('new mounts of discovered mailboxes', add);
    this.#log('mounts of mailboxes that have left', remove);
  }

  #log(what: string, mounts: readonly ServedMount[]): void {
    if (mounts.length > 0) {
      const names = mounts.slice(0, MAX_LOGGED_NAMES).map(({ name }) => name);
      this.#options.log.info({ count: mounts.length, names }, what);
    }
  }
}

/** Says once, when all mounts are known, which of those that users and keys name there are not. */
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
      for (const name of mounts === '*' ? [] : mounts) {
        if (!isGlob(name) && table.get(foldName(name)) === undefined) {
          log.warn(`there is no mount "${name}" ${where}, and no rule has found one`);
        }
      }
    }
  };
}
