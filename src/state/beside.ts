import type { DevicePassword } from './device-password-store.ts';
import type { StoredLock } from './lock-store.ts';
import type { KnownPerson } from './people-store.ts';
import type { Share } from './share-store.ts';

/** The people of a state, and what they can sign in with. */
export interface PeopleList {
  /** The people of the directories, as last seen. */
  readonly people: readonly KnownPerson[];
  /** Of everybody, oldest first. */
  readonly passwords: readonly DevicePassword[];
  /** The number of unexpired sessions by object id. */
  readonly sessions: ReadonlyMap<string, number>;
}

/**
 * What commands read and change in a state beside its servers, which may be running: their next request goes by it.
 * Times are in milliseconds since 1970. Everything but locks rejects when there is no state of this release.
 */
export interface StateBeside {
  /** Returns the locks valid at `now`, ordered by the URL that they were taken on. */
  locks(now: number): Promise<readonly StoredLock[]>;
  /** Ends locks. A client that sends its token later gets 412, as for an expired lock. */
  breakLocks(tokens: readonly string[]): Promise<void>;
  people(now: number): Promise<PeopleList>;
  /** Removes device passwords by their ids; returns their number. */
  revokePasswords(ids: readonly string[]): Promise<number>;
  /** Ends all sessions of a person; returns their number. */
  endSessions(userId: string): Promise<number>;
  /** Returns all shares, oldest first. */
  shares(): Promise<readonly Share[]>;
  /** Revokes shares by their ids; returns their number. */
  revokeShares(ids: readonly string[], now: number): Promise<number>;
}
