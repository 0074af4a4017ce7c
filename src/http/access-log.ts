import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { abortedBy, askedIn, auditEventOf } from './access-line.ts';
import { isProbePath } from './health.ts';
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
  /** The mount, by its name. */
  mount: string | undefined;
  /** Fields added by the handlers behind the front door. */
  readonly notes: Record<string, unknown>;
  /** Undefined: nobody traces. */
  readonly trace?: RequestTrace | undefined;
}

/** The line of a request, with `audit` when it has changed something or was denied it. */
export type AccessLine = Readonly<Record<string, unknown>> & { readonly audit?: string | undefined };

/** Gets the lines with `audit`, for a trail of their own. */
export type AuditChange = (line: AccessLine) => void;

/**
 * Logs one line at the end of every request, which is under way until then. Paths are logged without their query.
 * Probes that succeed are logged at `debug`.
 */
export function logAccess(
  request: IncomingMessage,
  response: ServerResponse,
  parts: { record: AccessRecord; underWay: RequestsUnderWay; metrics: RequestMetrics; log: Log; clock: Clock } & {
    readonly auditChange?: AuditChange | undefined;
  },
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
    // Node's 200 is a default, not an answer.
    const status = response.headersSent ? response.statusCode : undefined;
    record.trace?.end({ status: status ?? 0, isAborted: !response.writableFinished });
    const { read, written } = moved();
    const seconds = (clock.now() - before.at) / 1000;
    metrics.requestEnded({
      method: request.method ?? '',
      status: status ?? 0,
      seconds,
      userAgent: request.headers['user-agent'],
      read,
      written,
    });
    const isProbe = record.user === undefined && status !== undefined && status < 400 && isProbePath(path ?? '');
    const level = isProbe ? 'debug' : 'info';
    const { notes, user } = record;
    const action = typeof notes.action === 'string' ? notes.action : undefined;
    const audit = auditEventOf({ method: request.method ?? '', action, status, user });
    if (audit === undefined && !log.isLevelEnabled(level)) {
      return;
    }
    const line: AccessLine = {
      id: record.id,
      http: request.httpVersion,
      method: request.method,
      path,
      status,
      bytesIn: read,
      bytesOut: written,
      ms: clock.now() - before.at,
      user: record.user,
      mount: record.mount,
      ip: record.address,
      userAgent: request.headers['user-agent'],
      audit,
      ...askedIn(request, response),
      ...record.notes,
      ...(record.trace === undefined ? {} : { trace: record.trace.id }),
      ...(response.writableFinished ? {} : { aborted: true, abortedBy: abortedBy(request, response) }),
    };
    log[level](line, 'request');
    if (audit !== undefined) {
      parts.auditChange?.(line);
    }
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
