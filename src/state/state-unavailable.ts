/** Seconds after which it is worth trying again. */
const RETRY_AFTER_SECONDS = 5;

/**
 * The database of the state cannot be reached, or is not ready. Whether a write has been kept is not known then, so the
 * caller must not report it as done.
 */
export class StateUnavailable extends Error {
  readonly retryAfterSeconds = RETRY_AFTER_SECONDS;

  constructor(cause: unknown) {
    super(`the database of the state does not answer: ${cause instanceof Error ? wordsOf(cause) : String(cause)}`, {
      cause,
    });
  }
}

/** Node gives an AggregateError without a message when no address of a host could be reached. */
function wordsOf(error: Error): string {
  const { code } = error as { code?: string };
  return error.message || code || error.name;
}
