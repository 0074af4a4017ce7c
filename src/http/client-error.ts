import { randomUUID } from 'node:crypto';
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Log } from '../lib/log.ts';
import { type CorsOrigins, corsHeaders } from './cors.ts';
import { bareAddress } from './forwarded.ts';

/** Node's error for bytes that it could not parse. */
export type ParseError = NodeJS.ErrnoException & {
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
  readonly reason?: string;
};

export type ClientSocket = Duplex & {
  readonly remoteAddress?: string;
  readonly _httpMessage?: ServerResponse | null;
};

/** RFC 9110 §9.1: a method is a token; any line of this form begins a request. */
const REQUEST_LINE = /^[!#$%&'*+.^`|~\w-]+ \S+ HTTP\/1\.[01]\r?$/;

/** The header of a page's request; the bytes may hold more than one request, and not all of the last one. */
const ORIGIN_LINE = /^origin:[ \t]*(\S+)[ \t]*\r?$/im;

/**
 * Creates the handler for bytes that Node could not parse. It answers if possible, and ends the connection, but only
 * after all earlier requests on it are answered: otherwise the client would take this answer for theirs. A page of
 * `origins` may read the answer if its origin is in the bytes. Each case is logged.
 */
export function createClientErrorAnswer(
  log: Log,
  origins: () => CorsOrigins,
): (error: ParseError, socket: ClientSocket) => void {
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
    const id = randomUUID();
    log.info(
      { id, status, ip: bareAddress(socket.remoteAddress ?? ''), cause: causeOf(error), code: error.code },
      'a request could not be parsed',
    );
    const headers = {
      Connection: 'close',
      'Content-Length': '0',
      'X-Request-Id': id,
      ...headersForPage(error, origins()),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    endBehindWhole(socket, `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n`);
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

/** What is wrong with the bytes, in the words of the parser. */
function causeOf(error: ParseError): string {
  return error.reason ?? error.message;
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

function headersForPage({ rawPacket }: ParseError, origins: CorsOrigins): Record<string, string> {
  if (origins.length === 0) {
    return {};
  }
  // A head that never came has no origin; with one configured, no other could read the answer.
  const only = rawPacket === undefined && origins.length === 1 ? origins[0] : undefined;
  const origin = ORIGIN_LINE.exec(rawPacket?.toString('latin1') ?? '')?.[1] ?? only;
  return { ...corsHeaders(origin, origins), Vary: 'Origin' };
}

/** Returns the line in which the parser stopped; it may have read complete requests before. */
function failedLine({ rawPacket, bytesParsed = 0 }: ParseError): string {
  const text = rawPacket?.toString('latin1') ?? '';
  const start = text.lastIndexOf('\n', bytesParsed - 1) + 1;
  return text.slice(start).split('\n', 1)[0]!;
}
