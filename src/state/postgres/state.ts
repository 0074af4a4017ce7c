import { hostname } from 'node:os';
import type { Log } from '../../lib/log.ts';
import { createCodes, createSealing } from '../sealing.ts';
import type { State } from '../state.ts';
import { type ConnectOptions, connectionOptions } from './connect.ts';
import { countState } from './counts.ts';
import { type Database, openDatabase, sql } from './database.ts';
import { createPostgresDevicePasswordStore } from './device-password-store.ts';
import { createPostgresDriveIdStore } from './drive-id-store.ts';
import { explain } from './explain.ts';
import { createPostgresFeedStore } from './feed-store.ts';
import { LockMemory } from './lock-memory.ts';
import { createPostgresLockStore, readPlaces } from './lock-store.ts';
import { createPostgresMailboxStore } from './mailbox-store.ts';
import { migrate } from './migrations.ts';
import { createPostgresNoteStore } from './note-store.ts';
import { createPostgresOpenWorkStore } from './open-work-store.ts';
import { PostgresPeers } from './peers.ts';
import { createPostgresPeopleStore } from './people-store.ts';
import { createPostgresPropertyStore } from './property-store.ts';
import { withDevicePasswordMemory, withSessionMemory, withShareMemory } from './remembered-access.ts';
import { withLockMemory } from './remembered-locks.ts';
import { withPropertyMemory } from './remembered-properties.ts';
import { createPostgresSessionStore } from './session-store.ts';
import { createPostgresShareStore } from './share-store.ts';
import { createPostgresSideStore, makeRoom } from './side-store.ts';
import { createPostgresSyncStore } from './sync-store.ts';

export interface PostgresStateOptions extends ConnectOptions {
  /** The most connections of this server at a time. */
  readonly connections: number;
  /** Of `KEY_BYTES`, the same one for all servers: it encrypts the plans of upload sessions, and notes, and makes codes. */
  readonly key: Uint8Array;
  readonly maxSideBytes: number;
  /** For so long the others wait for a server that says nothing; the same for all. */
  readonly leaseMs?: number;
  readonly log: Log;
}

/** Writes, and waits for it to be kept; nothing is different afterwards. */
const CHECK = sql('UPDATE state_version SET version = version');

/**
 * Opens the state in a database, creating its tables if necessary. Other servers may have it open as well. Rejects with
 * StateUnavailable when the database is away, and states the remedy when it cannot be used.
 */
export async function openPostgresState({
  key,
  maxSideBytes,
  leaseMs,
  log,
  ...options
}: PostgresStateOptions): Promise<State> {
  await migrate(options);
  const database = openDatabase(options);
  const peers = new PostgresPeers({ connection: connectionOptions(options), name: hostname(), key, leaseMs, log });
  try {
    await makeRoom(database, maxSideBytes);
    await peers.start();
    const lockMemory = new LockMemory(peers, how =>
      readPlaces(database, { ...how, now: Date.now() + peers.clockOffsetMs }),
    );
    await lockMemory.read({ isTidy: false });
    return createStores(database, { peers, lockMemory, key, maxSideBytes });
  } catch (error) {
    await peers.stop();
    await database.close();
    throw explain(error);
  }
}

interface StoreParts extends Pick<PostgresStateOptions, 'key' | 'maxSideBytes'> {
  readonly peers: PostgresPeers;
  readonly lockMemory: LockMemory;
}

function createStores(database: Database, { peers, lockMemory, key, maxSideBytes }: StoreParts): State {
  const locks = createPostgresLockStore(database, peers);
  const coding = createSealing(key);
  return {
    driveIds: createPostgresDriveIdStore(database),
    mailboxes: createPostgresMailboxStore(database),
    locks: withLockMemory(locks, lockMemory),
    properties: withPropertyMemory(createPostgresPropertyStore(database), peers),
    sideFiles: createPostgresSideStore(database, { maxBytes: maxSideBytes }),
    intents: createPostgresOpenWorkStore(database, { table: 'intents', member: peers }),
    uploadSessions: createPostgresOpenWorkStore(database, { table: 'upload_sessions', member: peers, coding }),
    sync: createPostgresSyncStore(database),
    devicePasswords: withDevicePasswordMemory(createPostgresDevicePasswordStore(database), peers),
    sessions: withSessionMemory(createPostgresSessionStore(database, coding), peers),
    people: createPostgresPeopleStore(database),
    shares: withShareMemory(createPostgresShareStore(database), peers),
    notes: createPostgresNoteStore(database, key),
    codeOf: createCodes(key),
    feeds: createPostgresFeedStore(database, peers),
    peers,
    counts: now => countState(database, now),
    check: async () => void (await database.write(CHECK)),
    close: async () => {
      await locks.close();
      await peers.stop();
      await database.close();
    },
  };
}
