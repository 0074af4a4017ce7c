import { isLoopback } from '../lib/loopback.ts';
import { errorFromTransport, type HttpAnswer, type HttpCall, readText, type Transport } from './transport.ts';

/** A request as libraries for OpenID Connect make it; redirects are never followed. */
export interface WebRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | URLSearchParams | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** `fetch` over our transport. Throws GraphError `network`, `timeout`, `aborted`. */
export type WebFetch = (url: string, request?: WebRequest) => Promise<Response>;

/** Configurations, keys and tokens have some KiB. */
const MAX_BYTES = 1024 * 1024;
/** Statuses whose answers have no body (Fetch Standard, "null body status"). */
const WITHOUT_BODY = [204, 205, 304];

/**
 * Requests to this machine itself bypass the proxy. A body is read to its end, or to a bound, before the answer is
 * given: a web stream over Node's own that nobody reads ends the process when its bytes arrive later (Node 24.21).
 */
export function createWebFetch(transport: Pick<Transport, 'send' | 'sendHere'>): WebFetch {
  return async (url, { method = 'GET', headers = {}, body, signal } = {}) => {
    const isForm = body instanceof URLSearchParams;
    const call: HttpCall = {
      method,
      url,
      headers: { ...(isForm ? { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' } : {}), ...headers },
      ...(body === undefined || body === null ? {} : { body: String(body) }),
      signal: signal ?? new AbortController().signal,
    };
    const isHere = isLoopback(new URL(url).hostname);
    const answer = await (isHere ? transport.sendHere(call) : transport.send(call));
    const text = await readWhole(answer, call);
    const { status } = answer;
    return new Response(WITHOUT_BODY.includes(status) ? null : text, { status, headers: answer.headers });
  };
}

async function readWhole({ body }: HttpAnswer, { signal }: HttpCall): Promise<string> {
  try {
    return await readText(body, MAX_BYTES);
  } catch (error) {
    throw errorFromTransport(error, signal);
  }
}
