import { createSealing } from '../sealing.ts';
import type { State } from '../state.ts';
import type { ConnectOptions } from './connect.ts';
import { countState } from './counts.ts';
import { type Database, openDatabase, sql } from './database.ts';
import { createPostgresDevicePasswordStore } from './device-password-store.ts';
import { createPostgresDriveIdStore } from './drive-id-store.ts';
import { createPostgresLockStore } from './lock-store.ts';
import { createPostgresMailboxStore } from './mailbox-store.ts';
import { join, type Member } from './member.ts';
import { migrate } from './migrations.ts';
import { createPostgresOpenWorkStore } from './open-work-store.ts';
import { createPostgresPeopleStore } from './people-store.ts';
import { createPostgresPropertyStore } from './property-store.ts';
import { createPostgresSessionStore } from './session-store.ts';
import { createPostgresShareStore } from './share-store.ts';
import { createPostgresSideStore, makeRoom } from './side-store.ts';
import { createPostgresSyncStore } from './sync-store.ts';

export interface PostgresStateOptions extends ConnectOptions {
  /** The most connections of this server at a time. */
  readonly connections: number;
  /** Of `KEY_BYTES`, the same one for all servers: it encrypts the plans of upload sessions. */
  readonly key: Uint8Array;
  readonly maxSideBytes: number;
}

/** Writes, and waits for it to be kept; nothing is different afterwards. */
const CHECK = sql('UPDATE state_version SET version = version');

/**
 * Opens the state in a database, creating its tables if necessary. Other servers may have it open as well. Rejects with
 * StateUnavailable when the database is away, and states the remedy when it cannot be used.
 */
export async function openPostgresState({ key, maxSideBytes, ...options }: PostgresStateOptions): Promise<State> {
  await migrate(options);
  const database = openDatabase(options);
  try {
    const member = await join(database);
    await makeRoom(database, maxSideBytes);
    return createStores(database, { member, key, maxSideBytes });
  } catch (error) {
    await database.close();
    throw error;
  }
}

function createStores(
  database: Database,
  { member, key, maxSideBytes }: { member: Member & { leave(): Promise<void> }; key: Uint8Array; maxSideBytes: number },
): State {
  const locks = createPostgresLockStore(database, member);
  const coding = createSealing(key);
  return {
    driveIds: createPostgresDriveIdStore(database),
    mailboxes: createPostgresMailboxStore(database),
    locks,
    properties: createPostgresPropertyStore(database),
    sideFiles: createPostgresSideStore(database, { maxBytes: maxSideBytes }),
    intents: createPostgresOpenWorkStore(database, { table: 'intents', member }),
    uploadSessions: createPostgresOpenWorkStore(database, { table: 'upload_sessions', member, coding }),
    sync: createPostgresSyncStore(database),
    devicePasswords: createPostgresDevicePasswordStore(database),
    sessions: createPostgresSessionStore(database),
    people: createPostgresPeopleStore(database),
    shares: createPostgresShareStore(database),
    counts: now => countState(database, now),
    check: async () => void (await database.write(CHECK)),
    close: async () => {
      await locks.close();
      await member.leave();
      await database.close();
    },
  };
}
