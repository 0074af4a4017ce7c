import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

export interface AccessRecord {
  readonly id: string;
  /** The client's, as far as trusted proxies know it. */
  readonly address: string;
  user: string | undefined;
}

/** Logs one line when the request is over, however it ended. Paths are logged without their query. */
export function logAccess(
  request: IncomingMessage,
  response: ServerResponse,
  parts: { record: AccessRecord; log: Log; clock: Clock },
): void {
  const { record, log, clock } = parts;
  const { socket } = request;
  // Before the base path is taken off.
  const path = (request.url ?? '').split('?', 1)[0];
  const before = { at: clock.now(), read: socket.bytesRead, written: socket.bytesWritten };
  response.once('close', () => {
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
        ...(response.writableFinished ? {} : { aborted: true }),
      },
      'request',
    );
  });
}
