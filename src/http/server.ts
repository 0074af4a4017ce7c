import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { createClientErrorAnswer } from './client-error.ts';
import { type ConnectionLimits, Connections } from './connections.ts';
import type { CorsOrigins } from './cors.ts';
import { Http2Connections, type Http2Options } from './http2.ts';
import { InOrder, whenClosed } from './in-order.ts';
import { type KeyPair, tlsOptionsOf } from './key-pair.ts';
import { Running } from './running.ts';

/** `isFull` says that the server has no room: only its own pages are served. */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  situation: { readonly isFull: boolean },
) => Promise<void>;

/** What can be changed while the server listens. */
export interface ServerSettings {
  /** Applies to new connections. */
  readonly maxHeaderBytes: number;
  /** In HTTP/2 this applies to new connections. */
  readonly headersTimeoutMs: number;
  /** The longest silence on a connection, even within a request. Applies to new connections; in HTTP/2 to new requests. */
  readonly idleTimeoutMs: number;
  /** How long requests may run after `stop`. */
  readonly drainMs: number;
  /** Resolves when all work on the request has ended, possibly after its client has gone. */
  readonly serve: Serve;
  /** Returns true for an address that many clients share; it may have any number of connections. */
  readonly isProxy?: (address: string) => boolean;
  /** The pages that may read what is answered to bytes that are no request. */
  readonly corsOrigins?: CorsOrigins;
  /** Key and certificate; absent: plain HTTP, which cannot change. Applies to new connections. */
  readonly tls?: KeyPair | undefined;
}

export interface ServerOptions extends ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Whether clients may choose HTTP/2 in the TLS handshake. */
  readonly http2?: boolean;
  /** Other limits, for tests. */
  readonly connections?: Partial<ConnectionLimits>;
  readonly keepAliveMs?: number;
  readonly log: Log;
  readonly clock: Clock;
}

export interface HttpServer {
  /** Resolves when connections are accepted. Throws, stating the remedy, when the port is taken. */
  start(): Promise<{ url: string; port: number }>;
  /** Serves by other settings from the next request on; those that run end as they began. */
  change(settings: ServerSettings): void;
  /** Stops accepting, lets running requests end, even those whose client has gone, then cuts the rest. */
  stop(): Promise<void>;
}

/**
 * Longer than proxies keep an idle connection (Caddy 120 s, Traefik 90 s, nginx 60 s): the sender must be the one that
 * closes, or a request meets a closed connection.
 */
const KEEP_ALIVE_MS = 125_000;
/** Time for interrupted requests to undo their work, such as an upload session that would hold quota for days. */
const TIDY_MS = 5_000;
const MAX_CONNECTIONS = 2_000;
/** Three quarters: the rest is for all other addresses. */
const MAX_CONNECTIONS_PER_ADDRESS = 1_500;
/** For health checks of an orchestrator, a proxy and a person. */
const RESERVED_CONNECTIONS = 32;
/** CONNECT is for proxies, and this server is not one. */
const NOT_IMPLEMENTED = 'HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n';

export function createHttpFrontServer(given: ServerOptions): HttpServer {
  const options = { ...given };
  const server = createNodeServer(options);
  applySettings(server, options);
  // Long uploads are allowed; silent ones are not.
  server.requestTimeout = 0;
  server.keepAliveTimeout = options.keepAliveMs ?? KEEP_ALIVE_MS;
  // A client may close its side after sending (ffmpeg closes both). Without this, Node drops bytes that have arrived
  // but are not read yet.
  Object.assign(server, { httpAllowHalfOpen: true });
  const connections = new Connections({
    max: MAX_CONNECTIONS,
    maxPerAddress: MAX_CONNECTIONS_PER_ADDRESS,
    reserve: RESERVED_CONNECTIONS,
    isProxy: address => options.isProxy?.(address) ?? false,
    ...options.connections,
  });
  server.on('connection', socket => connections.add(socket));
  const inOrder = new InOrder();
  const running = new Running();
  const isReserved = ({ socket }: IncomingMessage) => connections.isReserved(socket);
  const serve: RequestListener = (request, response) => {
    // A keep-alive connection would delay `close` until it times out, long after its last answer.
    response.once('finish', () => {
      if (!server.listening) {
        request.socket.destroySoon();
      }
    });
    const ended = connections.began(request.socket);
    response.once('close', ended);
    const serveNow = () => options.serve(request, response, { isFull: isReserved(request) });
    void running.note(inOrder.run(request, response, serveNow));
  };
  const serveBeside = async (request: IncomingMessage, response: ServerResponse) => {
    const ended = connections.beganBeside(request.socket);
    try {
      await options.serve(request, response, { isFull: ended === undefined || isReserved(request) });
      await whenClosed(response);
    } finally {
      ended?.();
    }
  };
  const http2 = offerHttp2(server, options, (request, response) => running.note(serveBeside(request, response)));
  server.on('request', serve);
  // Without our own listener Node would send 100 Continue before the request is checked.
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  server.on(
    'clientError',
    createClientErrorAnswer(options.log, () => options.corsOrigins ?? []),
  );
  // Without a listener Node would close the connection without an answer.
  server.on('connect', (_request, socket) => void socket.end(NOT_IMPLEMENTED));
  return {
    start: () => listen(server, options),
    change: settings => {
      swapKeyPair(server, options.tls, settings.tls);
      Object.assign(options, settings);
      applySettings(server, settings);
      http2.change(settings);
    },
    stop: () => drain({ server, http2, running }, options),
  };
}

/** Node reads these for each connection, the last one once a second. */
function applySettings(server: Server, settings: ServerSettings): void {
  const { maxHeaderBytes, idleTimeoutMs, headersTimeoutMs } = settings;
  Object.assign(server, { maxHeaderSize: maxHeaderBytes, timeout: idleTimeoutMs, headersTimeout: headersTimeoutMs });
}

/** Connections that are open keep the certificate that they began with. */
function swapKeyPair(server: Server, before: KeyPair | undefined, after: KeyPair | undefined): void {
  const isNew = before?.cert !== after?.cert || before?.key !== after?.key;
  if (after !== undefined && isNew && server instanceof HttpsServer) {
    server.setSecureContext(tlsOptionsOf(after));
  }
}

function createNodeServer({ tls, http2, maxHeaderBytes, headersTimeoutMs }: ServerOptions): Server {
  const settings = {
    maxHeaderSize: maxHeaderBytes,
    connectionsCheckingInterval: 1_000,
    // Our own check refuses a request without one, and logs it.
    requireHostHeader: false,
  };
  return tls === undefined
    ? createHttpServer(settings)
    : createHttpsServer({
        ...settings,
        ...tlsOptionsOf(tls),
        handshakeTimeout: headersTimeoutMs,
        ALPNProtocols: http2 ? ['h2', 'http/1.1'] : ['http/1.1'],
      });
}

/** Takes the connections that have chosen HTTP/2 from the server; all others stay with Node's own listener. */
function offerHttp2(server: Server, options: ServerOptions, serve: Http2Options['serve']): Http2Connections {
  const http2 = new Http2Connections({ keepAliveMs: KEEP_ALIVE_MS, ...options, serve });
  const http1 = server.listeners('secureConnection');
  server.removeAllListeners('secureConnection');
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') {
      http2.add(socket);
      return;
    }
    for (const listener of http1) {
      listener.call(server, socket);
    }
  });
  return http2;
}

async function listen(server: Server, { host, port, tls }: ServerOptions): Promise<{ url: string; port: number }> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explainListenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `${tls === undefined ? 'http' : 'https'}://${name}:${address.port}/`, port: address.port };
}

function explainListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new Error(`cannot listen on ${host}:${port}: the port is taken; set listen.port to another one`, {
      cause: error,
    });
  }
  return new Error(`cannot listen on ${host}:${port}: ${error.message}; check listen.host and listen.port`, {
    cause: error,
  });
}

async function drain(
  { server, http2, running }: { server: Server; http2: Http2Connections; running: Running },
  { drainMs, clock, log }: ServerOptions,
): Promise<void> {
  if (!server.listening) {
    return;
  }
  const closed = new Promise<void>(resolve => server.close(() => resolve()));
  server.closeIdleConnections();
  http2.close();
  // No request begins after the last connection has ended.
  const ended = closed.then(() => running.ended());
  if (await endsWithin(drainMs, ended, clock)) {
    return;
  }
  log.warn({ requests: running.count }, 'cut the requests that did not end in time');
  server.closeAllConnections();
  http2.destroy();
  await endsWithin(TIDY_MS, ended, clock);
}

async function endsWithin(milliseconds: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const done = new AbortController();
  work.then(() => done.abort());
  try {
    await clock.sleep(milliseconds, done.signal);
    return false;
  } catch {
    return true;
  }
}
