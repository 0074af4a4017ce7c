import { join } from 'node:path';
import { pino } from 'pino';
import type { Drive } from '../../src/drive/drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { cloudOf } from '../../src/graph/clouds.ts';
import { createGraph, type Graph } from '../../src/graph/graph.ts';
import { createTransport, type Transport } from '../../src/graph/transport.ts';
import { ByteBudget } from '../../src/lib/byte-budget.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { Secret } from '../../src/lib/secret.ts';
import { DirectSessions } from '../../src/onedrive/direct-sessions.ts';
import { DriveFeeds, type DriveFeedsOptions } from '../../src/onedrive/drive-feeds.ts';
import type { DriveWrites } from '../../src/onedrive/drive-writes.ts';
import { Intents } from '../../src/onedrive/intents.ts';
import { createOneDriveDrive } from '../../src/onedrive/onedrive-drive.ts';
import { OpenSessions } from '../../src/onedrive/open-sessions.ts';
import { Recovery } from '../../src/onedrive/recovery.ts';
import { SyncJournals } from '../../src/onedrive/sync-journals.ts';
import type { DriveIdStore } from '../../src/state/drive-id-store.ts';
import type { OpenWorkStore } from '../../src/state/open-work-store.ts';
import type { SyncStore } from '../../src/state/sync-store.ts';
import { openMemoryState } from './state-engines.ts';
import { steadyClock } from './steady-clock.ts';
import { makeTempDir } from './temp-dir.ts';

export interface OneDriveUnderTest {
  readonly drive: Drive;
  readonly graph: Graph;
  readonly feeds: DriveFeeds;
  /** Not started. */
  readonly recovery: Recovery;
  /** JSON lines. */
  readonly logged: string[];
  close(): Promise<void>;
}

export interface OneDriveTestOptions {
  readonly mailbox: string;
  readonly root?: readonly string[];
  /** Of its own, which stands still but for what is slept, unless it is given. */
  readonly clock?: Clock;
  /** An hour unless it is given. */
  readonly ttlMs?: number;
  /** How often the drive reads the feed of changes; absent: never. */
  readonly pollMs?: number;
  /** Tells of changes; absent: nobody does. */
  readonly pushes?: DriveFeedsOptions['pushes'];
  /** Those of another mount in the same tenant. */
  readonly feeds?: DriveFeeds;
  /** Reads the feed together with other servers; absent: by itself. */
  readonly shared?: DriveFeedsOptions['shared'];
  /** Shared with other servers, which are told of what is written. */
  readonly writes?: DriveWrites;
  readonly driveIds?: DriveIdStore;
  /** Journals of synchronised folders. */
  readonly sync?: SyncStore;
  readonly clientSecret?: string;
  readonly maxSpoolBytes?: number;
  readonly buffers?: ByteBudget;
  /** The store of multi-step changes and of upload sessions; its content survives this drive. */
  readonly intents?: OpenWorkStore;
  readonly sessions?: OpenWorkStore;
  /** Others have these stores as well. */
  readonly hasPeers?: boolean;
  /** Puts something between the drive and the wire. */
  readonly wire?: (inner: Transport) => Transport;
}

/** A `OneDriveDrive` over the emulator, through its proxy as in production. */
export async function openOneDrive(emulator: Emulator, options: OneDriveTestOptions): Promise<OneDriveUnderTest> {
  const {
    mailbox,
    root = [],
    clock = steadyClock(),
    ttlMs = 60 * 60 * 1000,
    clientSecret = emulator.clientSecret,
  } = options;
  const folder = await makeTempDir();
  const state = openMemoryState();
  const logged: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
  const { wire = (inner: Transport) => inner } = options;
  const transport = wire(
    createTransport({ proxy: emulator.proxy, caPem: emulator.caPem, userAgent: 'NONISV|test|onedrive-webdav/0' }),
  );
  const graph = createGraph({
    cloud: cloudOf('global'),
    tenantId: emulator.tenantId,
    credential: { kind: 'secret', clientId: emulator.clientId, secret: new Secret(clientSecret) },
    transport,
    clock,
    maxConcurrentRequests: 16,
    extraContentHosts: [],
  });
  const { tenantId } = emulator;
  const intents = new Intents({ store: options.intents ?? state.intents, tenantId, clock, log });
  const sessions = new OpenSessions({ store: options.sessions ?? state.uploadSessions, tenantId, clock });
  const direct = new DirectSessions({ store: options.sessions ?? state.uploadSessions, tenantId, clock });
  const recovery = new Recovery({ graph, intents, sessions, direct, hasPeers: options.hasPeers ?? false, log });
  const feeds =
    options.feeds ??
    new DriveFeeds({ graph, pollMs: options.pollMs ?? 0, pushes: options.pushes, shared: options.shared, log });
  const drive = createOneDriveDrive({
    feeds,
    ...(options.writes && { writes: options.writes }),
    journals: new SyncJournals({ store: options.sync ?? state.sync, clock }),
    graph,
    driveIds: options.driveIds ?? state.driveIds,
    tenantId: emulator.tenantId,
    source: { kind: 'mailbox', mailbox },
    root: toDrivePath(root),
    intents,
    sessions,
    direct,
    cache: { ttlMs, maxEntries: 1000 },
    spoolDir: join(folder.path, 'spool'),
    maxSpoolBytes: options.maxSpoolBytes ?? 64 * 1024 ** 2,
    buffers: options.buffers ?? new ByteBudget(128 * 1024 ** 2),
    clock,
    log,
  });
  const close = async () => {
    await feeds.stop();
    await transport.close();
    await recovery.stop();
    await state.close();
    await folder[Symbol.asyncDispose]();
  };
  return { drive, graph, feeds, recovery, logged, close };
}
