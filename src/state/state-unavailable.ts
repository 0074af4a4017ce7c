import { Unavailable } from '../lib/unavailable.ts';

const RETRY_AFTER_SECONDS = 5;

/**
 * The database of the state cannot be reached, or is not ready. Whether a write has been kept is not known then, so the
 * caller must not report it as done.
 */
export class StateUnavailable extends Unavailable {
  constructor(cause: unknown) {
    const words = cause instanceof Error ? wordsOf(cause) : String(cause);
    super(`the database of the state does not answer: ${words}`, { retryAfterSeconds: RETRY_AFTER_SECONDS, cause });
  }
}

/** Node gives an AggregateError without a message when no address of a host could be reached. */
function wordsOf(error: Error): string {
  const { code } = error as { code?: string };
  return error.message || code || error.name;
}
