import pg from 'pg';
import { StateUnavailable } from '../state-unavailable.ts';

/** serialization_failure and deadlock_detected: the server has rolled the step back, and another try may pass. */
const CONFLICTS = ['40001', '40P01'];
/** The server ends the connection, or cannot make one: shutdown, crash, start, end of an idle connection or step. */
const ENDED = ['57P01', '57P02', '57P03', '57P05', '25P03', '25P04'];
/** A standby in place of the primary: another connection may lead to the right one. */
const READ_ONLY = '25006';
/** statement_timeout, lock_timeout and their like. */
const TIMED_OUT = ['57014', '55P03'];
/** Classes: connection exceptions; insufficient resources (memory, disk, connections). */
const [CONNECTION, RESOURCES] = ['08', '53'];
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
  const isAway = isConflict(error) || isOfNoUse(error) || TIMED_OUT.includes(code) || code.startsWith(RESOURCES!);
  return isAway ? new StateUnavailable(error) : error;
}

/**
 * Returns the error of a first connection. A wrong password, a database that does not exist and a certificate that is not
 * trusted do not pass by themselves, so they are none of StateUnavailable.
 */
export function explainConnecting(error: unknown): Error {
  const known = translate(error);
  return known instanceof StateUnavailable
    ? known
    : new Error(`cannot use the database of the state: ${(error as Error).message}`, { cause: error });
}

function isSystemError(error: Error): boolean {
  return 'syscall' in error || (error instanceof AggregateError && error.errors.every(each => 'syscall' in each));
}
