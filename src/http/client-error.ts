import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../lib/log.ts';
import { bareAddress } from './forwarded.ts';

/** Node's error for bytes that it could not parse. */
export type ParseError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer; readonly bytesParsed?: number };

export type ClientSocket = Duplex & {
  readonly remoteAddress?: string;
  readonly _httpMessage?: ServerResponse | null;
};

/** RFC 9110 §9.1: a method is a token; any line of this form begins a request. */
const REQUEST_LINE = /^[!#$%&'*+.^`|~\w-]+ \S+ HTTP\/1\.[01]\r?$/;

/**
 * Creates the handler for bytes that Node could not parse. It answers if possible, and ends the connection, but only
 * after all earlier requests on it are answered: otherwise the client would take this answer for theirs. Each case is
 * logged.
 */
export function createClientErrorAnswer(log: Log): (error: ParseError, socket: ClientSocket) => void {
  /** Each further byte on such a connection is one more error. */
  const known = new WeakSet<Duplex>();
  return (error, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    // This text would become part of the body of an answer that has begun.
    if (socket._httpMessage?.headersSent && !socket._httpMessage.writableEnded) {
      socket.destroy();
      return;
    }
    if (known.has(socket)) {
      return;
    }
    known.add(socket);
    const status = statusOf(error);
    log.info(
      { status, code: error.code, ip: bareAddress(socket.remoteAddress ?? '') },
      'a request could not be parsed',
    );
    const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    endBehindWhole(socket, text);
  };
}

/**
 * Ends the connection with `text`. Complete earlier requests are answered first: otherwise the client would take this
 * answer for theirs. An incomplete request, with an unreadable body or a client that has closed its side, gets this
 * answer: its rest never arrives, and waiting for it would last until the connection times out. Closing the connection
 * stops its work.
 */
function endBehindWhole(socket: ClientSocket, text: string): void {
  const current = socket._httpMessage;
  if (current?.req.complete && !current.closed) {
    current.once('close', () => endBehindWhole(socket, text));
    return;
  }
  if (current?.headersSent) {
    socket.destroy();
    return;
  }
  socket.end(text, () => socket.destroy());
}

function statusOf(error: ParseError): number {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW':
      return 431;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return 408;
    case 'HPE_INVALID_METHOD':
      // RFC 9110 §9.1: an unknown method. Node parses only the methods that it knows.
      return REQUEST_LINE.test(failedLine(error)) ? 501 : 400;
    default:
      return 400;
  }
}

/** Returns the line in which the parser stopped; it may have read complete requests before. */
function failedLine({ rawPacket, bytesParsed = 0 }: ParseError): string {
  const text = rawPacket?.toString('latin1') ?? '';
  const start = text.lastIndexOf('\n', bytesParsed - 1) + 1;
  return text.slice(start).split('\n', 1)[0]!;
}
