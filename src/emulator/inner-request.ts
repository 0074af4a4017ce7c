import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';

export interface InnerRequest {
  readonly method: string;
  /** Below the host: `/v1.0/drives/…`. */
  readonly target: string;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

/** Returns a request of a batch in the form of a separate request. */
export function innerExchange(
  { world, host, url }: Exchange,
  { method, target, headers, body }: InnerRequest,
): Exchange {
  const request = new IncomingMessage(new Socket());
  request.method = method;
  request.url = target;
  Object.assign(request.headers, headers, body && { 'content-length': String(body.length) });
  if (body !== undefined) {
    request.push(body);
  }
  request.push(null);
  request.complete = true;
  return { world, request, host, target, url: new URL(target, url.origin) };
}
