import type { Config } from '../config/load.ts';
import type { Mounter } from '../discovery/discovered-mounts.ts';
import type { MountConfig } from '../discovery/mount-config.ts';
import type { MountOwners } from '../discovery/mount-owners.ts';
import type { Drive } from '../drive/drive.ts';
import { ROOT, toDrivePath } from '../drive/path.ts';
import type { Tenants } from '../graph/connect.ts';
import { ByteBudget } from '../lib/byte-budget.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { FollowingDrive } from '../mounts/following-drive.ts';
import type { ShortcutPolicy } from '../mounts/shortcut-policy.ts';
import { AbsenceBudget } from '../onedrive/absence-budget.ts';
import { CacheBudget } from '../onedrive/cache-budget.ts';
import { DownloadUrls } from '../onedrive/download-urls.ts';
import type { DriveFeeds } from '../onedrive/drive-feeds.ts';
import { HostHabits } from '../onedrive/host-habits.ts';
import { createOneDriveDrive } from '../onedrive/onedrive-drive.ts';
import type { DriveState, OneDriveOptions } from '../onedrive/onedrive-options.ts';
import { ShortcutTargets } from '../onedrive/shortcut-targets.ts';
import { SyncJournals } from '../onedrive/sync-journals.ts';
import type { State } from '../state/state.ts';
import { type OpenWorks, spoolFolder } from './recovery.ts';

/** What all drives share, and what the metrics look at. */
export interface DriveBudgets {
  readonly buffers: ByteBudget;
  readonly cache: CacheBudget;
}

export function createBudgets({ limits, cache }: Pick<Config, 'limits' | 'cache'>): DriveBudgets {
  return { buffers: new ByteBudget(limits.maxBufferBytes), cache: new CacheBudget(cache.maxEntries) };
}

/**
 * Returns a function that creates mounts. Their drives are created on first use: of thousands, most stay unused for
 * long.
 */
export function createMounter(
  config: Config,
  parts: {
    tenants: Tenants;
    state: State;
    works: OpenWorks;
    feeds: ReadonlyMap<string, DriveFeeds>;
    owners: MountOwners;
    budgets: DriveBudgets;
    log: Log;
    clock: Clock;
  },
): Mounter {
  const { tenants, state, works, feeds, owners, budgets, log, clock } = parts;
  const shared = {
    driveIds: state.driveIds,
    journals: new SyncJournals({ store: state.sync, clock }),
    cache: {
      ttlMs: config.cache.ttlSeconds * 1000,
      maxEntries: config.cache.maxEntries,
      budget: budgets.cache,
    },
    urls: new DownloadUrls(clock),
    habits: new HostHabits(clock),
    spoolDir: spoolFolder(config),
    maxSpoolBytes: config.limits.maxSpoolBytes,
    buffers: budgets.buffers,
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
    let opened: { readonly state: DriveState } | undefined;
    const onOpen: OneDriveOptions['onOpen'] = open => {
      opened = open;
    };
    const place = { tenant, source, root: toDrivePath(root), ended: life.signal, onOpen };
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
      get state() {
        return opened?.state ?? 'unopened';
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
type Place = Pick<MountConfig, 'tenant'> & Pick<OneDriveOptions, 'source' | 'root' | 'shortcuts' | 'ended' | 'onOpen'>;
