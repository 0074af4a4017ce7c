import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from './metrics.ts';

export interface AccessRecord {
  readonly id: string;
  /** The client's address, as far as trusted proxies know it. */
  readonly address: string;
  user: string | undefined;
  /** Fields added by the handlers behind the front door. */
  readonly notes: Record<string, unknown>;
}

/** Logs one line at the end of every request. Paths are logged without their query. */
export function logAccess(
  request: IncomingMessage,
  response: ServerResponse,
  parts: { record: AccessRecord; metrics: Metrics; log: Log; clock: Clock },
): void {
  const { record, metrics, log, clock } = parts;
  const { socket } = request;
  // The path before the base path is removed.
  const path = (request.url ?? '').split('?', 1)[0];
  const before = { at: clock.now(), read: socket.bytesRead, written: socket.bytesWritten };
  metrics.requestBegan();
  response.once('close', () => {
    const seconds = (clock.now() - before.at) / 1000;
    metrics.requestEnded({
      method: request.method ?? '',
      status: response.headersSent ? response.statusCode : 0,
      seconds,
    });
    log.info(
      {
        id: record.id,
        method: request.method,
        path,
        // Node's 200 is a default, not an answer.
        status: response.headersSent ? response.statusCode : undefined,
        bytesIn: socket.bytesRead - before.read,
        bytesOut: socket.bytesWritten - before.written,
        ms: clock.now() - before.at,
        user: record.user,
        ip: record.address,
        userAgent: request.headers['user-agent'],
        ...record.notes,
        ...(response.writableFinished ? {} : { aborted: true }),
      },
      'request',
    );
  });
}
