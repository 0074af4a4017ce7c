import { Readable } from 'node:stream';
import { isLoopback } from '../lib/loopback.ts';
import type { HttpCall, Transport } from './transport.ts';

/** A request as libraries for OpenID Connect make it; redirects are never followed. */
export interface WebRequest {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | URLSearchParams | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** `fetch` over our transport. Throws GraphError `network`, `timeout`, `aborted`. */
export type WebFetch = (url: string, request?: WebRequest) => Promise<Response>;

/** Statuses whose answers have no body (Fetch Standard, "null body status"). */
const WITHOUT_BODY = [204, 205, 304];

/** Requests to this machine itself bypass the proxy. */
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
    if (WITHOUT_BODY.includes(answer.status)) {
      answer.body.destroy();
      return new Response(null, { status: answer.status, headers: answer.headers });
    }
    // Node's two declarations of a web stream differ in nothing that is used here.
    const stream = Readable.toWeb(answer.body) as unknown as BodyInit;
    return new Response(stream, { status: answer.status, headers: answer.headers });
  };
}
