import type { Clock } from '../lib/clock.ts';
import { errorFromAnswer, GraphError, isGraphError, MAX_ERROR_BODY_BYTES, parseRetryAfter } from './errors.ts';
import { type Fence, MAX_WAIT_SECONDS } from './fence.ts';
import { type HttpAnswer, readText } from './transport.ts';

/** Tries of one request, the first included. */
const MAX_ATTEMPTS = 4;
const FIRST_PAUSE_MS = 400;
/** When a 429 or 503 does not say how long. */
const DEFAULT_RETRY_AFTER_SECONDS = 5;
/** Refused before anything was done: any method may be sent again. */
const REFUSED = [429];
/** Perhaps done all the same: only what can be done twice may be sent again. */
const AMBIGUOUS = [500, 502, 503, 504];

export interface RetryContext {
  readonly fence: Fence;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Whether doing the request twice is the same as doing it once. */
  readonly replaySafe: boolean;
  /** 0 to 1; spreads the pauses of many clients. */
  readonly random?: () => number;
}

/**
 * The only retry loop. Sends through the fence until there is an answer that is not worth another try. Gives every answer below
 * 400, and those error answers that `accepts` names; throws GraphError for the others.
 */
export async function sendWithRetry(
  send: () => Promise<HttpAnswer>,
  context: RetryContext,
  accepts: (status: number) => boolean = () => false,
): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await tryOnce(send, context, accepts);
    if (!(outcome instanceof GraphError)) {
      return outcome;
    }
    if (attempt === MAX_ATTEMPTS || !isWorthRetry(outcome, context.replaySafe)) {
      throw outcome;
    }
    // A Retry-After is waited for by the fence, together with everybody else.
    if (outcome.retryAfterSeconds === undefined) {
      await pause(attempt, context);
    }
  }
}

async function tryOnce(
  send: () => Promise<HttpAnswer>,
  context: RetryContext,
  accepts: (status: number) => boolean,
): Promise<HttpAnswer | GraphError> {
  const { fence, clock, signal } = context;
  try {
    const answer = await fence.pass(async () => {
      const received = await send();
      closeFenceIfAsked(received, fence, clock.now());
      return received;
    }, signal);
    if (answer.status < 400 || accepts(answer.status)) {
      return answer;
    }
    const text = await readText(answer.body, MAX_ERROR_BODY_BYTES);
    return errorFromAnswer({ status: answer.status, headers: answer.headers, text, now: clock.now() });
  } catch (error) {
    if (isGraphError(error)) {
      return error;
    }
    throw error;
  }
}

function closeFenceIfAsked({ status, headers }: HttpAnswer, fence: Fence, now: number): void {
  if (status === 429 || status === 503) {
    const asked = parseRetryAfter(headers['retry-after'], now);
    if (asked !== undefined || status === 429) {
      fence.close(asked ?? DEFAULT_RETRY_AFTER_SECONDS);
    }
  }
}

function isWorthRetry(error: GraphError, replaySafe: boolean): boolean {
  if ((error.retryAfterSeconds ?? 0) > MAX_WAIT_SECONDS) {
    return false;
  }
  if (error.kind === 'answer') {
    return REFUSED.includes(error.status) || (replaySafe && AMBIGUOUS.includes(error.status));
  }
  return replaySafe && error.kind === 'network';
}

async function pause(attempt: number, { clock, signal, random = Math.random }: RetryContext): Promise<void> {
  const longest = FIRST_PAUSE_MS * 2 ** (attempt - 1);
  await clock.sleep(longest / 2 + (random() * longest) / 2, signal).catch((cause: unknown) => {
    throw new GraphError('aborted', 'the request was given up between tries', { cause });
  });
}
