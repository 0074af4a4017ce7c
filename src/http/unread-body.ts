import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';
import { type Limits, longestBody } from './limits.ts';

/**
 * Of a body that is not awaited this is what is read away before the connection is cut: a proxy needs no more to see
 * the answer.
 */
const LINGER_MS = 5_000;
/**
 * An awaited body must come at least this fast, or anybody could hold a connection by a byte now and then. Slower than
 * lines by which people send files, and long enough for a network that is gone for a moment.
 */
const PACE = { bytes: 256 * 1024, milliseconds: 60_000 };

/**
 * Sees to it that an answer arrives although nobody has read the request's body. A body that could have been taken is
 * read away as long as it comes, and the connection lives on: KIO sends a whole file without a password before it looks
 * at the answer, and takes an early end of the connection for a failure. What has no known end or one too far off, or
 * may not come at all (`Expect: 100-continue`), ends with the connection.
 */
export function readAwayUnreadBody(
  request: IncomingMessage,
  response: ServerResponse,
  { limits, clock }: { limits: Limits; clock: Clock },
): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    if (!request.complete) {
      const isAwaited = hasEndInSight(request, limits);
      if (!isAwaited) {
        response.setHeader('Connection', 'close');
      }
      // Before node's own listener, which may end the connection.
      response.prependOnceListener('finish', () => readAway(request, isAwaited, clock));
    }
    return writeHead(...args);
  }) as typeof response.writeHead;
}

function hasEndInSight({ method, headers }: IncomingMessage, limits: Limits): boolean {
  const isAnnounced = headers['transfer-encoding'] === undefined && headers.expect === undefined;
  return isAnnounced && Number(headers['content-length'] ?? 0) <= longestBody(method, limits);
}

function readAway(request: IncomingMessage, isAwaited: boolean, clock: Clock): void {
  // As a rule all has come with the head, or there is no body.
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

/** Resolves when less has come than the pace asks for; rejects when it is over. */
async function whileItComes(socket: Socket, clock: Clock, over: AbortSignal): Promise<void> {
  let before: number;
  do {
    before = socket.bytesRead;
    await clock.sleep(PACE.milliseconds, over);
  } while (socket.bytesRead - before >= PACE.bytes);
}

interface Connection {
  /** The one request whose body is being read away now; `over` ends the patience with it. */
  unread: { readonly request: IncomingMessage; readonly over: AbortController } | undefined;
}

/** One each, however many requests come: what wraps a socket anew for every request grows until it breaks. */
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
 * RFC 9112 §9.6: a connection that is closed with bytes unread is reset, and the reset can overtake the answer (nginx
 * makes a 502 of that). So first only our side is closed, and what still comes is read away until the client has closed
 * the other, or patience ends.
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
