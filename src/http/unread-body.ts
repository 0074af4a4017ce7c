import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../lib/clock.ts';

/** A refused body of up to this length is read away, so that the client gets to see the answer and keeps its connection. */
const DRAIN_BYTES = 8 * 1024 * 1024;
/** How long is read on before a connection is cut that must end: a proxy needs no more to see the answer. */
const LINGER_MS = 5_000;

/** An answer that comes before the body has been read: small bodies are read away by node, others end with the connection. */
export function closeAfterUnreadBody(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  // A request that was destroyed no longer knows its socket.
  const { socket } = request;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    if (!request.complete) {
      if (isTooMuchToRead(request)) {
        response.setHeader('Connection', 'close');
      }
      lingerOnClose(socket, request, clock);
    }
    return writeHead(...args);
  }) as typeof response.writeHead;
}

function isTooMuchToRead({ headers }: IncomingMessage): boolean {
  const unannounced = headers['transfer-encoding'] === undefined ? 0 : Number.POSITIVE_INFINITY;
  const length = Number(headers['content-length'] ?? unannounced);
  return length > DRAIN_BYTES || (headers.expect !== undefined && length > 0);
}

/**
 * RFC 9112 §9.6: a connection that is closed with bytes unread is reset, and the reset can overtake the answer (nginx makes a 502 of that).
 * So first only our side is closed, and what still comes is read away until the client has closed the other, or time is up.
 */
function lingerOnClose(socket: Socket, request: IncomingMessage, clock: Clock): void {
  const restore = () => Reflect.deleteProperty(socket, 'destroySoon');
  request.once('close', restore);
  socket.destroySoon = () => {
    const patience = new AbortController();
    socket.destroySoon = () => {};
    socket.once('close', () => patience.abort());
    request.once('close', () => socket.destroySoon()).resume();
    socket.end();
    clock.sleep(LINGER_MS, patience.signal).then(
      () => socket.destroy(),
      () => {},
    );
  };
}
