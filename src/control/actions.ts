import type { LogLevel } from '../lib/log-level.ts';
import type { LogLevelStatus, Status } from './status.ts';

/** What a reload has done or would do, as key paths such as `users` or `listen.port`. */
export interface ReloadReport {
  readonly changed: readonly string[];
  /** Changed keys that count only after a restart. */
  readonly needRestart: readonly string[];
}

/** A problem that the operator must solve, such as a bad configuration: the message is for people. */
export class ControlRefusal extends Error {
  override readonly name = 'ControlRefusal';
  /** Tells programs the kind. */
  readonly kind: RefusalKind;

  constructor(kind: RefusalKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

export type RefusalKind = 'bad-request' | 'bad-config' | 'unsupported' | 'not-found';

/** The one who asks for a change, for the audit trail. */
export interface Actor {
  readonly user: string;
  readonly address: string;
}

/** What can be asked of a running server. Each action is done when its promise resolves. */
export interface ControlActions {
  status(): Promise<Status>;
  /** Throws ControlRefusal `bad-config`, with all problems; then nothing has changed. */
  reload(): Promise<ReloadReport>;
  /** Returns what a reload and a restart would change now. Throws ControlRefusal `bad-config` when neither would work. */
  changes(): Promise<ReloadReport>;
  /** Sets the level of the log: for `seconds`, or until the next reload or restart. */
  setLogLevel(wish: { readonly level: LogLevel; readonly seconds: number | undefined }): LogLevelStatus;
  /** Ends locks by their tokens; returns the tokens of those that existed. Without an actor it was a command. */
  breakLocks(tokens: readonly string[], actor?: Actor): Promise<readonly string[]>;
  /** Revokes device passwords by their ids; returns the ids of those that existed. */
  revokePasswords(ids: readonly string[], actor?: Actor): Promise<readonly string[]>;
  /** Ends all sessions of a person in browsers, by object id; returns their number. The name is for the audit trail. */
  signOut(person: { readonly userId: string; readonly name: string }, actor?: Actor): Promise<number>;
}
