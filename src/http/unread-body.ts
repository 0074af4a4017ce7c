import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { type Limits, longestBody } from './limits.ts';

/** How long an unawaited body is drained before the connection is cut: enough for a proxy to see the answer. */
const LINGER_MS = 5_000;
/**
 * An awaited body must arrive at least this fast; otherwise a byte now and then could hold a connection. Slower than
 * lines used for uploads, and long enough for a short network outage.
 */
const PACE = { bytes: 256 * 1024, milliseconds: 60_000 };

/**
 * Ensures that an answer arrives even if the request's body was not read. An acceptable body is drained as long as it
 * arrives, and the connection stays open: KIO sends a whole file without a password before it reads the answer, and
 * treats an early close as a failure. A body with no known end or too long a one, or that may never come (`Expect:
 * 100-continue`), ends with the connection.
 */
export function readAwayUnreadBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limits, clock }: { limits: Limits; clock: Clock },
): void {
  // A stream of HTTP/2 ends alone, and nothing has to be read away (`http2-response.ts`).
  if (request.httpVersion === '2.0' || request.complete) {
    return;
  }
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    if (!request.complete) {
      const isAwaited = hasEndInSight(request, limits);
      if (!isAwaited) {
        response.setHeader('Connection', 'close');
      }
      // Before Node's own listener, which may end the connection.
      response.prependOnceListener('finish', () => readAway(request, isAwaited, clock));
    }
    return writeHead(...args);
  }) as typeof response.writeHead;
}

function hasEndInSight(request: IncomingMessage, limits: Limits): boolean {
  const { headers } = request;
  const isAnnounced = headers['transfer-encoding'] === undefined && headers.expect === undefined;
  return isAnnounced && Number(headers['content-length'] ?? 0) <= longestBody(request, limits);
}

function readAway(request: IncomingMessage, isAwaited: boolean, clock: Clock): void {
  // Usually everything has arrived with the head, or there is no body.
  if (request.complete || request.socket.destroyed) {
    return;
  }
  const connection = connectionOf(request.socket);
  const over = new AbortController();
  connection.unread?.over.abort();
  connection.unread = { request, over };
  request.once('end', () => {
    over.abort();
    if (connection.unread?.request === request) {
      connection.unread = undefined;
    }
  });
  request.resume();
  const patience = isAwaited ? whileItComes(request.socket, clock, over.signal) : clock.sleep(LINGER_MS, over.signal);
  patience.then(
    () => request.socket.destroy(),
    () => {},
  );
}

/** Resolves when the body arrives slower than the pace; rejects when `over` aborts. */
async function whileItComes(socket: Socket, clock: Clock, over: AbortSignal): Promise<void> {
  let before: number;
  do {
    before = socket.bytesRead;
    await clock.sleep(PACE.milliseconds, over);
  } while (socket.bytesRead - before >= PACE.bytes);
}

interface Connection {
  /** The request whose body is being drained now; `over` ends the wait for it. */
  unread: { readonly request: IncomingMessage; readonly over: AbortController } | undefined;
}

/** One per socket, for all its requests: wrapping a socket again for every request would grow without limit. */
const connections = new WeakMap<Socket, Connection>();

function connectionOf(socket: Socket): Connection {
  const known = connections.get(socket);
  if (known !== undefined) {
    return known;
  }
  const connection: Connection = { unread: undefined };
  connections.set(socket, connection);
  socket.once('close', () => connection.unread?.over.abort());
  lingerOnClose(socket, connection);
  return connection;
}

/**
 * RFC 9112 §9.6: a connection that is closed with unread bytes is reset, and the reset can overtake the answer (nginx
 * then answers 502). So first only our side is closed, and further bytes are drained until the client closes its side,
 * or the time is over.
 */
function lingerOnClose(socket: Socket, connection: Connection): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const request = connection.unread?.request;
    if (request === undefined || request.complete) {
      destroySoon();
      return;
    }
    request.once('end', destroySoon);
    socket.end();
  };
}
