import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Http2Request } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';
import type { RequestMetrics } from './metrics.ts';
import type { RequestTrace } from './request-trace.ts';
import type { RequestsUnderWay } from './under-way.ts';

export interface AccessRecord {
  readonly id: string;
  /** The client's address, as far as trusted proxies know it. */
  readonly address: string;
  user: string | undefined;
  /** Fields added by the handlers behind the front door. */
  readonly notes: Record<string, unknown>;
  /** Undefined: nobody traces. */
  readonly trace?: RequestTrace | undefined;
}

/** Logs one line at the end of every request, which is under way until then. Paths are logged without their query. */
export function logAccess(
  request: IncomingMessage,
  response: ServerResponse,
  parts: { record: AccessRecord; underWay: RequestsUnderWay; metrics: RequestMetrics; log: Log; clock: Clock },
): void {
  const { record, underWay, metrics, log, clock } = parts;
  const bytes = bytesOf(request, response);
  // The path before the base path is removed.
  const path = (request.url ?? '').split('?', 1)[0];
  const before = { at: clock.now(), ...bytes() };
  metrics.requestBegan();
  const moved = () => {
    const { read, written } = bytes();
    return { read: read - before.read, written: written - before.written };
  };
  const leave = underWay.add({
    id: record.id,
    method: request.method ?? '',
    path: path ?? '',
    address: record.address,
    userAgent: request.headers['user-agent'],
    get user() {
      return record.user;
    },
    since: before.at,
    bytes: moved,
  });
  response.once('close', () => {
    leave();
    const status = response.headersSent ? response.statusCode : 0;
    record.trace?.end({ status, isAborted: !response.writableFinished });
    const { read, written } = moved();
    const seconds = (clock.now() - before.at) / 1000;
    metrics.requestEnded({
      method: request.method ?? '',
      status,
      seconds,
      userAgent: request.headers['user-agent'],
      read,
      written,
    });
    log.info(
      {
        id: record.id,
        http: request.httpVersion,
        method: request.method,
        path,
        // Node's 200 is a default, not an answer.
        status: response.headersSent ? response.statusCode : undefined,
        bytesIn: read,
        bytesOut: written,
        ms: clock.now() - before.at,
        user: record.user,
        ip: record.address,
        userAgent: request.headers['user-agent'],
        ...record.notes,
        ...(record.trace === undefined ? {} : { trace: record.trace.id }),
        ...(response.writableFinished ? {} : { aborted: true }),
      },
      'request',
    );
  });
}

type Bytes = { readonly read: number; readonly written: number };

/** Counts the bytes of the connection; in HTTP/2, which it shares with others, those of the request's two bodies. */
function bytesOf(request: IncomingMessage | Http2Request, response: ServerResponse | Http2Response): () => Bytes {
  if (request instanceof Http2Request && response instanceof Http2Response) {
    return () => ({ read: request.bytesRead, written: response.bytesWritten });
  }
  const { socket } = request;
  return () => ({ read: socket.bytesRead, written: socket.bytesWritten });
}
