import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, createServer, type ServerHttp2Session } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { isHeldBack } from '../lib/held-back.ts';
import type { Log } from '../lib/log.ts';
import { CONNECT_REFUSED, logRefusal } from './beside-pipeline.ts';
import { bareAddress } from './forwarded.ts';
import { Http2Request, rememberCut, rememberSocket } from './http2-request.ts';
import { Http2Response } from './http2-response.ts';

/** The fewest that RFC 9113 §6.5.2 recommends. */
const MAX_STREAMS = 100;
/** Up to this many times our limit, too many header bytes get an answer (431); Node resets a stream with more. */
const HEADER_MARGIN = 2;
/** How long a client has to close its side after the end: a close with unread bytes could overtake the last ones. */
const LINGER_MS = 1_000;
/** How long an idle client has to take the last frame. */
const GOODBYE_MS = 5_000;

export interface Http2Options {
  readonly maxHeaderBytes: number;
  /** How long a connection may last without its first request. */
  readonly headersTimeoutMs: number;
  /** How long it may last without a request after that. */
  readonly keepAliveMs: number;
  /** The longest silence within a request. */
  readonly idleTimeoutMs: number;
  /** Serves one request. Resolves when all work on it has ended and its stream is closed. */
  readonly serve: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  readonly log: Log;
}

/**
 * The connections that have chosen HTTP/2 (RFC 9113) in their TLS handshake. Each request is a stream: those of one
 * connection run side by side, and one can be silent, refused or broken off without the others
 * (docs/decisions/0024-http2.md).
 */
export class Http2Connections {
  #options: Http2Options;
  readonly #open = new Map<object, Http2Connection>();
  #isClosing = false;
  readonly #server;

  constructor(options: Http2Options) {
    this.#options = options;
    this.#server = createServer({
      Http2ServerRequest: Http2Request,
      Http2ServerResponse: Http2Response,
      settings: settingsFor(options),
    });
    const serve = (request: Http2Request, response: Http2Response) => this.#serve(request, response);
    this.#server.on('request', serve);
    // Without our own listener Node would send 100 Continue before the request is checked.
    this.#server.on('checkContinue', serve);
    this.#server.on('checkExpectation', serve);
    // CONNECT is for proxies, and this server is not one.
    this.#server.on('connect', (request: Http2Request, response: Http2Response) => {
      const id = logRefusal(request, CONNECT_REFUSED, this.#options.log);
      response.writeHead(501, { 'X-Request-Id': id }).end();
    });
    this.#server.on('sessionError', (error: NodeJS.ErrnoException, session: ServerHttp2Session) =>
      this.#logError(error, session),
    );
  }

  /** Serves new connections by other settings, and all of them with their next request. */
  change(settings: Pick<Http2Options, 'maxHeaderBytes' | 'headersTimeoutMs' | 'idleTimeoutMs'>): void {
    const { maxHeaderBytes, headersTimeoutMs, idleTimeoutMs } = settings;
    this.#options = { ...this.#options, maxHeaderBytes, headersTimeoutMs, idleTimeoutMs };
    this.#server.updateSettings(settingsFor(settings));
  }

  /** Takes over a connection whose handshake has chosen `h2`. */
  add(socket: TLSSocket): void {
    const accept = (session: ServerHttp2Session) => {
      rememberSocket(session, socket);
      this.#open.set(session, new Http2Connection(session, socket, this.#options));
      socket.once('close', () => this.#open.delete(session));
    };
    // Node makes the session before `emit` returns.
    this.#server.once('session', accept);
    this.#server.emit('connection', socket);
    this.#server.removeListener('session', accept);
  }

  /**
   * Accepts no more requests; those under way go on (GOAWAY, RFC 9113 §6.8: a client may repeat later ones). Connections
   * that come after it end with the answer to their first request.
   */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#open.values()) {
      connection.close();
    }
  }

  /** Cuts all connections. */
  destroy(): void {
    for (const connection of this.#open.values()) {
      connection.destroy();
    }
  }

  #serve(request: Http2Request, response: Http2Response): void {
    const { stream } = request;
    const connection = this.#open.get(stream.session ?? stream);
    // A client that resets its requests at once (CVE-2023-44487) has no streams; the work that it has begun counts.
    if (connection === undefined || connection.running >= MAX_STREAMS) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    this.#resetWhenIdle(request, response);
    // They keep the promises of these classes, as far as our code uses them; Node has no common interface.
    const http1 = { request: request as unknown as IncomingMessage, response: response as unknown as ServerResponse };
    connection.run(() => this.#options.serve(http1.request, http1.response));
    if (this.#isClosing) {
      connection.close();
    }
  }

  #resetWhenIdle(request: Http2Request, response: Http2Response): void {
    request.stream.setTimeout(this.#options.idleTimeoutMs, () => {
      if (isHeldBack(request.socket)) {
        this.#resetWhenIdle(request, response);
      } else {
        response.reset(constants.NGHTTP2_CANCEL);
      }
    });
  }

  #logError({ code }: NodeJS.ErrnoException, session: ServerHttp2Session): void {
    if (code !== 'ECONNRESET') {
      const address = this.#open.get(session)?.address;
      this.#options.log.info({ code, ip: address }, 'a connection broke the rules of HTTP/2');
    }
  }
}

function settingsFor({ maxHeaderBytes }: Pick<Http2Options, 'maxHeaderBytes'>) {
  return { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: HEADER_MARGIN * maxHeaderBytes };
}

class Http2Connection {
  readonly address: string;
  readonly #session: ServerHttp2Session;
  readonly #socket: TLSSocket;
  readonly #keepAliveMs: number;
  #timer: NodeJS.Timeout;
  /** The requests with work under way, even if their streams are closed. */
  running = 0;

  constructor(session: ServerHttp2Session, socket: TLSSocket, { headersTimeoutMs, keepAliveMs }: Http2Options) {
    this.#session = session;
    this.#socket = socket;
    this.#keepAliveMs = keepAliveMs;
    this.address = bareAddress(socket.remoteAddress ?? '');
    this.#timer = setTimeout(() => this.#sayGoodbye(), headersTimeoutMs);
    socket.once('close', () => clearTimeout(this.#timer));
  }

  run(work: () => Promise<void>): void {
    clearTimeout(this.#timer);
    this.running += 1;
    void work().finally(() => this.#ended());
  }

  close(): void {
    this.#session.close();
    this.#socket.once('finish', () => this.#destroyIn(LINGER_MS));
  }

  destroy(): void {
    rememberCut(this.#socket);
    this.#socket.destroy();
  }

  #ended(): void {
    this.running -= 1;
    if (this.running === 0 && !this.#session.closed && !this.#socket.destroyed) {
      // A client's PING does not keep it: nobody could tell a forgotten connection from one in use.
      this.#timer = setTimeout(() => this.#sayGoodbye(), this.#keepAliveMs);
    }
  }

  #sayGoodbye(): void {
    this.close();
    this.#destroyIn(GOODBYE_MS);
  }

  #destroyIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (!this.#socket.destroyed) {
      this.#timer = setTimeout(() => this.destroy(), milliseconds);
    }
  }
}
