import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../lib/clock.ts';

/** Of a body without a known end this is what is read away before the connection is cut: a proxy needs no more to see the answer. */
const LINGER_MS = 5_000;

/**
 * Sees to it that an answer arrives although nobody has read the request's body. A body of known length is read away and the connection lives
 * on: KIO sends a whole file without a password before it looks at the answer, and takes an early end of the connection for a
 * failure. What has no known end, or may not come at all (`Expect: 100-continue`), ends with the connection.
 */
export function readAwayUnreadBody(request: IncomingMessage, response: ServerResponse, clock: Clock): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  response.writeHead = ((...args: unknown[]) => {
    if (!request.complete) {
      const hasKnownEnd = request.headers['transfer-encoding'] === undefined && request.headers.expect === undefined;
      if (!hasKnownEnd) {
        response.setHeader('Connection', 'close');
      }
      lingerOnClose(request, hasKnownEnd ? undefined : { clock, milliseconds: LINGER_MS });
      response.once('finish', () => request.resume());
    }
    return writeHead(...args);
  }) as typeof response.writeHead;
}

/**
 * RFC 9112 §9.6: a connection that is closed with bytes unread is reset, and the reset can overtake the answer (nginx makes a 502 of that).
 * So first only our side is closed, and what still comes is read away until the client has closed the other, or time is up.
 */
function lingerOnClose(
  request: IncomingMessage,
  patience: { readonly clock: Clock; readonly milliseconds: number } | undefined,
): void {
  const { socket } = request;
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    if (request.complete) {
      destroySoon();
      return;
    }
    request.once('end', destroySoon).resume();
    socket.end();
    if (patience !== undefined) {
      const closed = new AbortController();
      socket.once('close', () => closed.abort());
      patience.clock.sleep(patience.milliseconds, closed.signal).then(
        () => socket.destroy(),
        () => {},
      );
    }
  };
}
