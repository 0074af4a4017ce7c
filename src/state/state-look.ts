import type { DriveIdKey } from './drive-id-store.ts';
import type { KnownMailbox } from './mailbox-store.ts';

/** Why a server cannot use a state. */
export type StateProblem = 'newer' | 'unreleased' | 'locked' | 'unreadable' | 'broken' | 'away';

/** Whether a server can use the current state. */
export interface StateHealth {
  /** The path of the state file, which may not exist, or the name of the database. */
  readonly file: string;
  /** Undefined when a server can use the state, or will create it. */
  readonly problem: StateProblem | undefined;
  /** What the database says of the problem. */
  readonly words?: string | undefined;
}

/** A read-only view of a state. */
export interface StateLook extends StateHealth {
  /** Returns the drive pinned by the server, even if the mailbox has been renamed. */
  driveId(key: DriveIdKey): string | undefined;
  /** Returns the mailboxes that rules have found. */
  mailboxes(): readonly KnownMailbox[];
}
