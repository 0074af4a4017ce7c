import { AsyncLocalStorage } from 'node:async_hooks';
import type { HttpClient, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import type { Clock } from '../lib/clock.ts';
import { errorFromAnswer, GraphError } from './errors.ts';
import type { Fence } from './fence.ts';
import { type CallSpan, type GraphObserver, inSpan, NO_OBSERVER, observeTry } from './observer.ts';
import { withRetry } from './retry.ts';

/** Statuses of a busy or broken host, which say nothing about our credential. The credential interprets all others. */
const BUSY_STATUSES = [408, 429, 500, 502, 503, 504, 509];
const REFUSED_STATUSES = [429, 509];

/**
 * The host that issues tokens. `@azure/identity` sends through `httpClient`; its own retry loop waits for the whole
 * `Retry-After`, even a day, and MSAL below it sends nothing for a minute after any 5xx. So our fence and retry loop
 * are underneath, and neither library sees such an answer.
 */
export interface TokenHost {
  readonly httpClient: HttpClient;
  /** Runs `work`, which makes requests; if it fails because the host is busy or broken, the error says so. */
  explain<T>(work: () => Promise<T>): Promise<T>;
  /** Returns the seconds for which the host wants no requests; 0 when it accepts them. */
  quietSeconds(): number;
}

export function createTokenHost(
  http: HttpClient,
  fence: Fence,
  clock: Clock,
  observer: GraphObserver = NO_OBSERVER,
): TokenHost {
  // Carries a request's error to the caller of `explain`: the library in between keeps only a text.
  const met = new AsyncLocalStorage<{ error?: GraphError }>();
  const remember = (error: unknown) => {
    const store = met.getStore();
    if (store !== undefined && error instanceof GraphError) {
      store.error = error;
    }
  };
  return {
    httpClient: { sendRequest: request => sendPatiently(request, { http, fence, clock, remember, observer }) },
    explain: work => met.run({}, () => explained(work, () => met.getStore()?.error)),
    quietSeconds: () => fence.quietSeconds(),
  };
}

interface Way {
  readonly http: HttpClient;
  readonly fence: Fence;
  readonly clock: Clock;
  readonly remember: (error: unknown) => void;
  readonly observer: GraphObserver;
}

/** The only operation of this host that anybody needs to tell from the others. */
const OPERATION = 'token';

async function sendPatiently(request: PipelineRequest, way: Way): Promise<PipelineResponse> {
  const { http, fence, clock, remember, observer } = way;
  const attempt = async (span: CallSpan | undefined) => {
    const { response } = await observeTry({ observer, operation: OPERATION, span }, async () => {
      const answer = await http.sendRequest(request);
      return { status: answer.status, headers: answer.headers.toJSON(), response: answer };
    });
    const { status, headers, bodyAsText } = response;
    if (BUSY_STATUSES.includes(status)) {
      throw errorFromAnswer({ status, headers: headers.toJSON(), text: bodyAsText ?? '', now: clock.now() });
    }
    // MSAL would send nothing for up to an hour after any refusal with this header, even a portal's 403.
    headers.delete('retry-after');
    return response;
  };
  const signal = (request.abortSignal as AbortSignal | undefined) ?? new AbortController().signal;
  try {
    const context = { fence, clock, signal, replaySafe: true, observer };
    return await inSpan(observer, OPERATION, span => withRetry(() => attempt(span), context));
  } catch (error) {
    remember(error);
    throw error;
  }
}

async function explained<T>(work: () => Promise<T>, metError: () => GraphError | undefined): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const met = metError();
    throw met?.kind === 'answer' || met?.kind === 'throttled' ? explain(met) : error;
  }
}

function explain(error: GraphError): GraphError {
  const isBusy = error.retryAfterSeconds !== undefined || REFUSED_STATUSES.includes(error.status);
  return new GraphError(
    isBusy ? 'throttled' : 'credential',
    `Microsoft issued no token: the token host is ${isBusy ? 'busy' : 'broken'}: ${error.message}`,
    { retryAfterSeconds: error.retryAfterSeconds, cause: error },
  );
}
