import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../lib/log.ts';
import { bareAddress } from './forwarded.ts';

export const CONNECT_REFUSED = { status: 501, cause: 'this server is no proxy' };

/** Refuses CONNECT (RFC 9110 §9.3.6): it is for proxies, and this server is not one. Node hands it on without an answer. */
export function refuseConnect(request: IncomingMessage, socket: Duplex, log: Log): void {
  const id = logRefusal(request, CONNECT_REFUSED, log);
  const head = ['HTTP/1.1 501 Not Implemented', 'Connection: close', 'Content-Length: 0', `X-Request-Id: ${id}`];
  socket.end(`${head.join('\r\n')}\r\n\r\n`);
}

/** Logs the request at which a connection was cut for want of room. */
export function logCut(request: IncomingMessage, log: Log): void {
  logRefusal(request, { aborted: true, abortedBy: 'server', cause: 'too many requests wait on connections' }, log);
}

/** What is read of it; those of HTTP/1.1 and HTTP/2 have it. */
type Refused = Pick<IncomingMessage, 'method' | 'httpVersion' | 'url' | 'headers'> & {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
};

/** Writes the line of a request that never comes to the pipeline; returns its id. */
export function logRefusal(request: Refused, why: Readonly<Record<string, unknown>>, log: Log): string {
  const id = randomUUID();
  const { method, httpVersion, socket, headers } = request;
  const path = (request.url ?? '').split('?', 1)[0];
  const ip = bareAddress(socket.remoteAddress ?? '');
  log.info({ id, http: httpVersion, method, path, ip, userAgent: headers['user-agent'], ...why }, 'request');
  return id;
}
