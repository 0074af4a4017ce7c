import type { Clock } from '../lib/clock.ts';
import { GraphError, isAbsence, isNameTaken } from './errors.ts';
import { type Fence, MAX_WAIT_SECONDS } from './fence.ts';
import type { GraphObserver, RetryCause } from './observer.ts';
import { isOfClosedTransport } from './transport.ts';

/** The number of tries of one request, including the first. */
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 400;
/** Used when an overload refusal has no Retry-After. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;
/**
 * Refused because of load before anything was done: any method may be repeated. 509 is the bandwidth limit (Graph docs,
 * error responses).
 */
const REFUSED = [429, 509];
/** Perhaps executed all the same: only replay-safe requests may be repeated. */
const AMBIGUOUS = [408, 500, 502, 503, 504];
/**
 * Something else is changing the same item: an upload session, a check-out, a background change. Nothing was done, and
 * it may be over in seconds.
 */
const BUSY = [409, 412];
const FIRST_BUSY_PAUSE_MS = 1_000;
/** Statuses whose Retry-After applies to all requests. */
const MAY_CLOSE = [...REFUSED, 408, 503];

export interface RetryContext {
  readonly fence: Fence;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** True when repeating the request changes nothing more. */
  readonly replaySafe: boolean;
  /**
   * The item is known to exist: a single "not found" is checked once more (about one in a hundred is wrong:
   * onedrive-go).
   */
  readonly isKnown?: boolean;
  /** A taken name is not final, because the request replaces its item: somebody else is changing it just now. */
  readonly isReplacing?: boolean;
  /** The target mailbox. */
  readonly lane?: string;
  /** Returns 0 to 1; spreads the pauses of many clients. */
  readonly random?: () => number;
  /** Is told of retries and of silence. */
  readonly observer?: GraphObserver | undefined;
}

/**
 * The only retry loop. `attempt` sends one request, reads its answer, and throws GraphError unless it succeeds; it is
 * repeated through the fence until it succeeds or another try makes no sense. The final error tells whether one of the
 * tries may have been executed.
 */
export async function withRetry<T>(attempt: () => Promise<T>, context: RetryContext): Promise<T> {
  let isAmbiguous = false;
  let wasAbsent = false;
  for (let count = 1; ; count += 1) {
    const outcome = await tryOnce(attempt, context);
    if (!(outcome instanceof GraphError)) {
      return outcome;
    }
    // If another answer contradicts a "not found", that was wrong: the first try may have been executed.
    isAmbiguous ||= outcome.mayBeDone || (wasAbsent && !isAbsence(outcome));
    outcome.mayBeDone = isAmbiguous;
    const isDoubtful = context.isKnown === true && !wasAbsent && isAbsence(outcome);
    wasAbsent ||= isAbsence(outcome);
    const isBusyNow = isBusy(outcome, context);
    if (count === MAX_ATTEMPTS || !(isDoubtful || isBusyNow || isWorthRetry(outcome, context.replaySafe))) {
      throw outcome;
    }
    context.observer?.retried(causeOf(outcome, { isBusyNow }));
    // The fence waits for a Retry-After, for all requests together; one of 0 or in the past is no pause.
    if ((outcome.retryAfterSeconds ?? 0) === 0 || isBusyNow) {
      await pause((isBusyNow ? FIRST_BUSY_PAUSE_MS : FIRST_PAUSE_MS) * 2 ** (count - 1), context);
    }
  }
}

async function tryOnce<T>(attempt: () => Promise<T>, context: RetryContext): Promise<T | GraphError> {
  const { fence, signal, lane } = context;
  try {
    return await fence.pass(
      async () => {
        try {
          return await attempt();
        } catch (error) {
          closeIfAsked(error, context);
          throw error;
        }
      },
      signal,
      lane,
    );
  } catch (error) {
    if (error instanceof GraphError) {
      return error;
    }
    throw error;
  }
}

function closeIfAsked(error: unknown, { fence, observer }: RetryContext): void {
  if (!(error instanceof GraphError && error.kind === 'answer' && MAY_CLOSE.includes(error.status))) {
    return;
  }
  const asked = error.retryAfterSeconds;
  if (asked !== undefined || REFUSED.includes(error.status)) {
    const seconds = asked ?? DEFAULT_RETRY_AFTER_SECONDS;
    fence.close(seconds);
    observer?.silenced(seconds, error.status);
  }
}

function causeOf(error: GraphError, { isBusyNow }: { isBusyNow: boolean }): RetryCause {
  if (error.kind === 'network' || error.kind === 'protocol') {
    return 'unreachable';
  }
  if (isBusyNow || isAbsence(error)) {
    return isBusyNow ? 'busy' : 'absent';
  }
  return error.kind === 'throttled' || REFUSED.includes(error.status) || error.retryAfterSeconds !== undefined
    ? 'throttled'
    : 'broken';
}

/**
 * Returns true for a temporary conflict. We send Graph no conditions, so it refuses none of ours; a taken name is a
 * real conflict.
 */
function isBusy(error: GraphError, { isReplacing = false }: RetryContext): boolean {
  return error.kind === 'answer' && BUSY.includes(error.status) && (isReplacing || !isNameTaken(error));
}

function isWorthRetry(error: GraphError, replaySafe: boolean): boolean {
  if ((error.retryAfterSeconds ?? 0) > MAX_WAIT_SECONDS) {
    return false;
  }
  if (error.kind === 'answer') {
    return REFUSED.includes(error.status) || (replaySafe && AMBIGUOUS.includes(error.status));
  }
  return replaySafe && !isOfClosedTransport(error) && (error.kind === 'network' || error.kind === 'protocol');
}

async function pause(longest: number, { clock, signal, random = Math.random }: RetryContext): Promise<void> {
  await clock.sleep(longest / 2 + (random() * longest) / 2, signal).catch((cause: unknown) => {
    throw new GraphError('aborted', 'the request was aborted between tries', { cause });
  });
}
