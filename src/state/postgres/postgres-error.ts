import pg from 'pg';
import { StateUnavailable } from '../state-unavailable.ts';

/** serialization_failure and deadlock_detected: the server has rolled the step back, and another try may pass. */
const CONFLICTS = ['40001', '40P01'];
/** The server ends the connection, or cannot make one: shutdown, crash, start, end of an idle connection or step. */
const ENDED = ['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'];
/** A standby in place of the primary: another connection may lead to the right one. */
const READ_ONLY = '25006';
export const READ_ONLY_WORDS =
  'it takes no changes: name the primary in state.url, not a standby, and let default_transaction_read_only be off';
/** statement_timeout, lock_timeout and their like. */
const TIMED_OUT = ['57014', '55P03'];
/** Its rights, or those on a table, were taken from the user. */
const FORBIDDEN = '42501';
/** No connection is left for this user (PostgreSQL, `max_connections` and the like). */
const TOO_MANY = '53300';
/** Classes: connection exceptions; insufficient resources (memory, disk, connections); errors of the disk. */
const [CONNECTION, RESOURCES, SYSTEM] = ['08', '53', '58'];
const UNIQUE_VIOLATION = '23505';

/** Texts of the driver's own errors, which have no code (pg 8, lib/client.js). */
const DRIVER_LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout expired)/;
const DRIVER_TIMEOUT = 'Query read timeout';

/** Returns true when the step has had no effect, and the same step may pass when it is tried again. */
export function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && CONFLICTS.includes(error.code ?? '');
}

/** Returns true when a row with this key is there already. */
export function isDuplicate(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION;
}

/** Returns true when the server is there, and has no connection left to give. */
export function hasNoConnectionLeft(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === TOO_MANY;
}

/** Returns true when the connection broke; it may have been an old one to a server that has been started anew since. */
export function isLost(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) {
    const code = error.code ?? '';
    return ENDED.includes(code) || code.startsWith(CONNECTION!);
  }
  return error instanceof Error && (isSystemError(error) || DRIVER_LOST.test(error.message));
}

/** Returns true when the connection must not be used any more. */
export function isOfNoUse(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  return isLost(error) || code === READ_ONLY || message === DRIVER_TIMEOUT;
}

/** Returns what a caller may know: StateUnavailable in place of an error that is not about its own statement. */
export function translate(error: unknown): unknown {
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (code === READ_ONLY) {
    return new StateUnavailable(new Error(READ_ONLY_WORDS, { cause: error }));
  }
  const isOut = [RESOURCES, SYSTEM].includes(code.slice(0, 2)) || code === FORBIDDEN;
  const isAway = isConflict(error) || isOfNoUse(error) || TIMED_OUT.includes(code) || isOut;
  return isAway ? new StateUnavailable(error) : error;
}

function isSystemError(error: Error): boolean {
  return 'syscall' in error || (error instanceof AggregateError && error.errors.every(each => 'syscall' in each));
}
