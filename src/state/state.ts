import type { DevicePasswordStore } from './device-password-store.ts';
import type { DriveIdStore } from './drive-id-store.ts';
import type { FeedStore } from './feed-store.ts';
import type { LockStore } from './lock-store.ts';
import type { MailboxStore } from './mailbox-store.ts';
import type { NoteStore } from './note-store.ts';
import type { OpenWorkStore } from './open-work-store.ts';
import type { Peers } from './peers.ts';
import type { PeopleStore } from './people-store.ts';
import type { PropertyStore } from './property-store.ts';
import type { MakeCode } from './sealing.ts';
import type { SessionStore } from './session-store.ts';
import type { ShareStore } from './share-store.ts';
import type { SideStore } from './side-store.ts';
import type { SyncStore } from './sync-store.ts';

export interface StateCounts {
  readonly locks: number;
  readonly deadProperties: number;
  readonly sideFileBytes: number;
  readonly devicePasswords: number;
  readonly sessions: number;
  /** Those that have not ended. */
  readonly shares: number;
}

/**
 * Everything that survives a restart, in any engine. All stores return promises, so that an engine may be reached over
 * a network (docs/decisions/0016). `test/support/state-engines.ts` lists the engines; the suites of `test/contracts`
 * run on each.
 */
export interface State {
  readonly driveIds: DriveIdStore;
  readonly mailboxes: MailboxStore;
  readonly locks: LockStore;
  readonly properties: PropertyStore;
  readonly sideFiles: SideStore;
  /** Multi-step changes under way. */
  readonly intents: OpenWorkStore;
  /** Open upload sessions; their plans are encrypted. */
  readonly uploadSessions: OpenWorkStore;
  /** Journals of the folders that clients synchronise. */
  readonly sync: SyncStore;
  readonly devicePasswords: DevicePasswordStore;
  /** Browsers that have signed in. */
  readonly sessions: SessionStore;
  /** The people of the directories as last seen. */
  readonly people: PeopleStore;
  readonly shares: ShareStore;
  /** What is over soon; it need not survive a restart. */
  readonly notes: NoteStore;
  /** For what a browser keeps and brings back. */
  readonly codeOf: MakeCode;
  /** Feeds that one server reads for all; undefined: only one has this state. */
  readonly feeds: FeedStore | undefined;
  /** The other servers that share the state. */
  readonly peers: Peers;
  /** Counts what is stored and valid at `now`, in milliseconds since 1970. */
  counts(now: number): Promise<StateCounts>;
  /** Writes, and changes nothing by it. Rejects with the engine's error when the state cannot be written. */
  check(): Promise<void>;
  close(): Promise<void>;
}
