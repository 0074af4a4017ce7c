import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../lib/log.ts';
import { bareAddress } from './forwarded.ts';

/** What node tells of bytes that it could not parse. */
export type ParseError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer; readonly bytesParsed?: number };

export type ClientSocket = Duplex & {
  readonly remoteAddress?: string;
  readonly _httpMessage?: ServerResponse | null;
};

/** RFC 9110 §9.1: a method is a token; what has such a request line is a request. */
const REQUEST_LINE = /^[!#$%&'*+.^`|~\w-]+ \S+ HTTP\/1\.[01]\r?$/;

/**
 * Makes what answers bytes that node could not parse, as far as an answer is possible, and ends the connection: when
 * everything that has come before on it is answered, since whoever waits for that would take this for its answer. Each
 * leaves a line in the log.
 */
export function createClientErrorAnswer(log: Log): (error: ParseError, socket: ClientSocket) => void {
  /** Each further byte on such a connection is one more error. */
  const known = new WeakSet<Duplex>();
  return (error, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    // An answer that has begun would take the text of this one for its own body.
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
      'a request that cannot be read',
    );
    const text = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`;
    endBehindWhole(socket, text);
  };
}

/**
 * Whole requests that have come before get their answers first: whoever waits for those would take this for its answer.
 * A request that is not whole, whose body cannot be read or whose client has closed its side, gets this one: the rest
 * of it never comes, and who waits for that would do so until the connection times out. With the connection goes the
 * work on it.
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
      // RFC 9110 §9.1: a method that nobody here knows. Node parses only those that it knows itself.
      return REQUEST_LINE.test(failedLine(error)) ? 501 : 400;
    default:
      return 400;
  }
}

/** The line in which the parser has stopped; it may have read whole requests before. */
function failedLine({ rawPacket, bytesParsed = 0 }: ParseError): string {
  const text = rawPacket?.toString('latin1') ?? '';
  const start = text.lastIndexOf('\n', bytesParsed - 1) + 1;
  return text.slice(start).split('\n', 1)[0]!;
}
