import type { Clock } from '../lib/clock.ts';
import { GraphError, isAbsence, isNameTaken } from './errors.ts';
import { type Fence, MAX_WAIT_SECONDS } from './fence.ts';
import { isOfClosedTransport } from './transport.ts';

/** Tries of one request, the first included. */
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 400;
/** When a refusal for load does not say how long. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;
/**
 * Refused for load before anything was done: any method may be sent again. 509 is the limit of bandwidth (Graph docs,
 * error responses).
 */
const REFUSED = [429, 509];
/** Perhaps done all the same: only what can be done twice may be sent again. */
const AMBIGUOUS = [408, 500, 502, 503, 504];
/**
 * Somebody else is at the same item: an upload session, a check-out, a change in the background. Nothing was done,
 * and it may be over in seconds.
 */
const BUSY = [409, 412];
const FIRST_BUSY_PAUSE_MS = 1_000;
/** May say how long everybody is to wait. */
const MAY_CLOSE = [...REFUSED, 408, 503];

export interface RetryContext {
  readonly fence: Fence;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether doing the request twice is the same as doing it once. */
  readonly replaySafe: boolean;
  /**
   * What it is about is known to be there: a single "not found" is asked about once more (about one in a hundred is
   * wrong: onedrive-go).
   */
  readonly isKnown?: boolean;
  /**
   * That a name is taken cannot be the last word, because what has it is to be replaced: somebody is at it just now.
   */
  readonly isReplacing?: boolean;
  /** The mailbox that it goes to. */
  readonly lane?: string;
  /** 0 to 1; spreads the pauses of many clients. */
  readonly random?: () => number;
}

/**
 * The only retry loop. `attempt` sends one request, reads what is to be read of its answer, and throws GraphError for
 * all that is no success; it is repeated through the fence until it succeeds, or until another try makes no sense.
 * The error that is thrown then knows whether one of the tries may have been done.
 */
export async function withRetry<T>(attempt: () => Promise<T>, context: RetryContext): Promise<T> {
  let isAmbiguous = false;
  let wasAbsent = false;
  for (let count = 1; ; count += 1) {
    const outcome = await tryOnce(attempt, context);
    if (!(outcome instanceof GraphError)) {
      return outcome;
    }
    // A "not found" that another answer contradicts was no truth: the first try may have been done.
    isAmbiguous ||= outcome.mayBeDone || (wasAbsent && !isAbsence(outcome));
    outcome.mayBeDone = isAmbiguous;
    const isDoubtful = context.isKnown === true && !wasAbsent && isAbsence(outcome);
    wasAbsent ||= isAbsence(outcome);
    const isBusyNow = isBusy(outcome, context);
    if (count === MAX_ATTEMPTS || !(isDoubtful || isBusyNow || isWorthRetry(outcome, context.replaySafe))) {
      throw outcome;
    }
    // A Retry-After is waited for by the fence, together with everybody else; one of 0 or of the past is no pause at
    // all.
    if ((outcome.retryAfterSeconds ?? 0) === 0 || isBusyNow) {
      await pause((isBusyNow ? FIRST_BUSY_PAUSE_MS : FIRST_PAUSE_MS) * 2 ** (count - 1), context);
    }
  }
}

async function tryOnce<T>(attempt: () => Promise<T>, { fence, signal, lane }: RetryContext): Promise<T | GraphError> {
  try {
    return await fence.pass(
      async () => {
        try {
          return await attempt();
        } catch (error) {
          closeIfAsked(error, fence);
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

function closeIfAsked(error: unknown, fence: Fence): void {
  if (!(error instanceof GraphError && error.kind === 'answer' && MAY_CLOSE.includes(error.status))) {
    return;
  }
  const asked = error.retryAfterSeconds;
  if (asked !== undefined || REFUSED.includes(error.status)) {
    fence.close(asked ?? DEFAULT_RETRY_AFTER_SECONDS);
  }
}

/** We make no conditions to Graph, so none of its refusals is one that was asked for; a name that is taken is. */
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
    throw new GraphError('aborted', 'the request was given up between tries', { cause });
  });
}
