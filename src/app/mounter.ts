import type { Config } from '../config/load.ts';
import type { Mounter } from '../discovery/discovered-mounts.ts';
import type { MountOwners } from '../discovery/mount-owners.ts';
import type { Drive } from '../drive/drive.ts';
import type { DriveState } from '../drive/drive-state.ts';
import { ROOT, toDrivePath } from '../drive/path.ts';
import type { Tenants } from '../graph/connect.ts';
import { pinName } from '../graph/drive-source.ts';
import { ByteBudget } from '../lib/byte-budget.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import { FollowingDrive } from '../mounts/following-drive.ts';
import type { ShortcutPolicy } from '../mounts/shortcut-policy.ts';
import { AbsenceBudget } from '../onedrive/absence-budget.ts';
import { CacheBudget } from '../onedrive/cache-budget.ts';
import { DownloadUrls } from '../onedrive/download-urls.ts';
import type { DriveFeeds } from '../onedrive/drive-feeds.ts';
import { DriveWrites } from '../onedrive/drive-writes.ts';
import { HostHabits } from '../onedrive/host-habits.ts';
import { KeptThumbnails } from '../onedrive/kept-thumbnails.ts';
import { createOneDriveDrive } from '../onedrive/onedrive-drive.ts';
import type { OneDriveOptions } from '../onedrive/onedrive-options.ts';
import { ShortcutTargets } from '../onedrive/shortcut-targets.ts';
import { SyncJournals } from '../onedrive/sync-journals.ts';
import type { State } from '../state/state.ts';
import { createLimits } from './limits.ts';
import { type OpenWorks, spoolFolder } from './recovery.ts';

/** What bounds the memory of all drives together. */
export interface DriveBudgets {
  readonly buffers: ByteBudget;
  readonly cache: CacheBudget;
}

/** Returns those of the configuration, which are the same each time. */
export function budgetsOf({ limits, cache }: Pick<Config, 'limits' | 'cache'>, keep: Keep): DriveBudgets {
  const { maxBufferBytes } = limits;
  const { maxEntries } = cache;
  return {
    buffers: keep.use('buffers', [maxBufferBytes], () => new ByteBudget(maxBufferBytes)),
    cache: keep.use('budget of caches', [maxEntries], () => new CacheBudget(maxEntries)),
  };
}

interface MounterParts {
  readonly tenants: Tenants;
  readonly state: State;
  readonly works: OpenWorks;
  readonly feeds: ReadonlyMap<string, DriveFeeds>;
  readonly owners: MountOwners;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
}

/** Returns a function that creates mounts. One with the place and the settings of an earlier one has its drive. */
export function createMounter(config: Config, parts: MounterParts): Mounter {
  const { owners, keep, log, clock } = parts;
  const shared = shareParts(config, parts);
  // A mailbox that another rule finds gets another mount, with the same drive, before the old mount ends.
  const uses = new Map<LazyDrive, number>();
  const use = (lazy: LazyDrive, change: 1 | -1) => {
    const count = (uses.get(lazy) ?? 0) + change;
    if (count > 0) {
      uses.set(lazy, count);
    } else {
      uses.delete(lazy);
      keep.drop(lazy);
    }
  };
  const toolsOf = new Map(config.tenants.map(tenant => [tenant.name, createTools(tenant, { ...parts, shared })]));
  return ({ name, readOnly, download, limits, shortcuts, source, tenant, root }) => {
    const tools = toolsOf.get(tenant)!;
    const place = { name, source, root: toDrivePath(root) };
    const make = () => lazyDrive({ tools, place, shortcuts, log });
    // One text costs a tenth of its values, and there may be thousands of mounts.
    const key = JSON.stringify([name, source.kind, pinName(source), root, shortcuts]);
    const lazy = keep.use('drive', [tools, key], make, { end: each => each.end() });
    use(lazy, 1);
    const limited = createLimits(limits, { name, keep, clock });
    return {
      name,
      readOnly,
      download,
      get owner() {
        return owners.ownerOf({ source, tenant });
      },
      end: () => use(lazy, -1),
      state: () => lazy.state,
      get drive() {
        return limited(lazy.drive);
      },
    };
  };
}

type Opening = Pick<OneDriveOptions, 'ended' | 'onState'>;

/** A drive that is created on first use: of thousands, most stay unused for long. */
class LazyDrive {
  readonly #make: (opening: Opening) => Drive;
  #made: { readonly drive: Drive; readonly life: AbortController } | undefined;
  #hasEnded = false;
  #state: DriveState | undefined;

  constructor(make: (opening: Opening) => Drive) {
    this.#make = make;
  }

  get drive(): Drive {
    if (this.#made === undefined) {
      const life = new AbortController();
      if (this.#hasEnded) {
        life.abort();
      }
      const onState = (state: DriveState) => {
        this.#state = state;
      };
      this.#made = { drive: this.#make({ ended: life.signal, onState }), life };
    }
    return this.#made.drive;
  }

  /** Whether it can be opened; undefined while nobody has used it. */
  get state(): DriveState | undefined {
    return this.#state;
  }

  end(): void {
    this.#hasEnded = true;
    this.#made?.life.abort();
  }
}

interface LazyPlace extends Pick<OneDriveOptions, 'log'> {
  readonly tools: Tools;
  readonly place: Omit<Place, 'ended' | 'onState' | 'log'>;
  readonly shortcuts: ShortcutPolicy;
}

/** It outlives its configuration, so it must hold nothing of it but this. */
function lazyDrive({ tools, place, shortcuts, log }: LazyPlace): LazyDrive {
  return new LazyDrive(opening => tools.open[shortcuts]({ ...place, ...opening, log }));
}

/** What all drives share. */
type Shared = Pick<
  OneDriveOptions,
  | 'driveIds'
  | 'journals'
  | 'cache'
  | 'writes'
  | 'urls'
  | 'habits'
  | 'thumbnails'
  | 'spoolDir'
  | 'maxSpoolBytes'
  | 'buffers'
  | 'clock'
>;

function shareParts(config: Config, { state, keep, clock }: MounterParts): Shared {
  const { maxEntries, ttlSeconds } = config.cache;
  const { maxSpoolBytes } = config.limits;
  const { buffers, cache: budget } = budgetsOf(config, keep);
  // Its turns must be those of all drives that this process has ever had.
  const journals = keep.use('journals', [], () => new SyncJournals({ store: state.sync, clock }));
  const urls = keep.use('download URLs', [], () => new DownloadUrls(clock));
  const writes = keep.use('writes', [], () => new DriveWrites(state.peers));
  const habits = keep.use('habits of hosts', [], () => new HostHabits(clock));
  const thumbnails = keep.use('thumbnails', [], () => new KeptThumbnails(clock));
  const cache = { ttlMs: ttlSeconds * 1000, maxEntries, budget };
  const spoolDir = spoolFolder(config);
  const { driveIds } = state;
  return keep.use('parts of drives', [cache, buffers, maxSpoolBytes], () => {
    const memories = { journals, cache, writes, urls, habits, thumbnails };
    return { driveIds, ...memories, spoolDir, maxSpoolBytes, buffers, clock };
  });
}

/** The properties that distinguish the drives of a tenant. */
type Place = Pick<OneDriveOptions, 'source' | 'root' | 'ended' | 'onState' | 'log'> & { readonly name: string };

/** What the drives of one tenant share. */
interface Tools {
  /** Creates a drive by what it does with shortcuts. */
  readonly open: Record<ShortcutPolicy, (place: Place) => Drive>;
}

function createTools(
  { name: tenant, tenantId }: Config['tenants'][number],
  { tenants, works, feeds: allFeeds, keep, shared, log, clock }: MounterParts & { readonly shared: Shared },
): Tools {
  const [graph, work, feeds] = [tenants.graphOf(tenant), works.of(tenantId), allFeeds.get(tenant)];
  const absences = keep.use('absences', [tenant, tenantId.toLowerCase()], () => new AbsenceBudget(clock));
  const { intents, sessions, direct } = work;
  const make = () => {
    const life = new AbortController();
    const options = { ...shared, graph, intents, sessions, direct, absences, feeds, tenantId };
    const open = ({ name, ...place }: Place & Pick<OneDriveOptions, 'shortcuts'>) =>
      createOneDriveDrive({ ...options, ...place, log: place.log.child({ mount: name }) });
    const drives = new Map<string, Drive>();
    const driveOf = (driveId: string) => {
      const source = { kind: 'drive', driveId } as const;
      const drive = drives.get(driveId) ?? open({ name: 'of shortcuts', source, root: ROOT, ended: life.signal, log });
      drives.set(driveId, drive);
      return drive;
    };
    const shortcuts = new ShortcutTargets({ graph, clock, ttlMs: shared.cache.ttlMs, driveOf });
    return {
      life,
      open: {
        show: open,
        follow: place => new FollowingDrive(open({ ...place, shortcuts })),
      } satisfies Tools['open'],
    };
  };
  return keep.use('tools of drives', [graph, work, feeds, absences, shared, tenantId], make, {
    end: ({ life }) => life.abort(),
  });
}
