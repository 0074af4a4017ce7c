import type { DriveState } from '../drive/drive-state.ts';
import type { DrivePath } from '../drive/path.ts';
import type { DriveSource } from '../graph/drive-source.ts';
import type { Graph } from '../graph/graph.ts';
import type { ByteBudget } from '../lib/byte-budget.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { DriveIdStore } from '../state/drive-id-store.ts';
import type { AbsenceBudget } from './absence-budget.ts';
import type { CacheBudget } from './cache-budget.ts';
import type { DirectSessions } from './direct-sessions.ts';
import type { DownloadUrls } from './download-urls.ts';
import type { DriveFeeds } from './drive-feeds.ts';
import type { DriveWrites } from './drive-writes.ts';
import type { HostHabits } from './host-habits.ts';
import type { Intents } from './intents.ts';
import type { KeptThumbnails } from './kept-thumbnails.ts';
import type { OpenSessions } from './open-sessions.ts';
import type { ShortcutTargets } from './shortcut-targets.ts';
import type { SyncJournals } from './sync-journals.ts';

/** The parts of the server that a drive uses. */
export interface OneDriveOptions {
  readonly graph: Graph;
  readonly driveIds: DriveIdStore;
  readonly tenantId: string;
  readonly source: DriveSource;
  /** Shared by all drives of the tenant. */
  readonly absences?: AbsenceBudget;
  /** The folder of the drive that is this drive's root. */
  readonly root: DrivePath;
  readonly cache: { readonly ttlMs: number; readonly maxEntries: number; readonly budget?: CacheBudget };
  /** Aborted when the drive is not served any more: requests under way still finish, and nothing is remembered. */
  readonly ended?: AbortSignal | undefined;
  /** Shared by all drives of the tenant. Absent: changes are not followed. */
  readonly feeds?: DriveFeeds;
  /** Shared by all that may lead to one drive. Absent: no other does. */
  readonly writes?: DriveWrites;
  /** May be shared with other drives. Absent: its own. */
  readonly urls?: DownloadUrls;
  /** Observed behaviour of content hosts; may be shared by all drives of the tenant. Absent: its own. */
  readonly habits?: HostHabits;
  /** May be shared by all drives. Absent: its own. */
  readonly thumbnails?: KeptThumbnails;
  /** Shared by all drives of the tenant. */
  readonly intents: Intents;
  readonly sessions: OpenSessions;
  /** Sessions whose bytes clients send themselves. */
  readonly direct: DirectSessions;
  /** Shared by all drives. */
  readonly journals: SyncJournals;
  readonly spoolDir: string;
  readonly maxSpoolBytes: number;
  /** Shared by all drives. */
  readonly buffers: ByteBudget;
  /** Resolves shortcuts; absent: they are not followed. */
  readonly shortcuts?: ShortcutTargets;
  /** Is told of each change of the drive's state. */
  readonly onState?: (state: DriveState) => void;
  readonly clock: Clock;
  readonly log: Log;
}
