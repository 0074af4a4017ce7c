import type { DriveIdKey } from './drive-id-store.ts';
import type { KnownMailbox } from './mailbox-store.ts';

/** Why a server could not work with a state. */
export type StateProblem = 'newer' | 'unreleased' | 'locked' | 'unreadable' | 'broken';

/** Whether a server could work with a state as it is. */
export interface StateHealth {
  /** The file of the state, which need not be there. */
  readonly file: string;
  /** Undefined when a server can work with the state, or will make it. */
  readonly problem: StateProblem | undefined;
}

/** A state as it is, for those who only want to know. */
export interface StateLook extends StateHealth {
  /** The drive that a server keeps to, whatever the mailbox is called today. */
  driveId(key: DriveIdKey): string | undefined;
  /** The mailboxes that rules have found. */
  mailboxes(): readonly KnownMailbox[];
}
