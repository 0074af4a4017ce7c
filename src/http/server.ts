import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer, Server as HttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../lib/clock.ts';
import { isHeldBack } from '../lib/held-back.ts';
import type { Log } from '../lib/log.ts';
import { logCut, refuseConnect } from './beside-pipeline.ts';
import { createClientErrorAnswer } from './client-error.ts';
import { type ConnectionLimits, Connections } from './connections.ts';
import type { CorsOrigins } from './cors.ts';
import { FrontResponse } from './front-response.ts';
import { Http2Connections, type Http2Options } from './http2.ts';
import { InOrder, whenClosed } from './in-order.ts';
import { type KeyPair, tlsOptionsOf } from './key-pair.ts';
import { explainListenError, type GivenListener } from './listener.ts';
import { Shutdown, type StopOptions } from './shutdown.ts';

/**
 * `isFull` says that the server has no room, `isStopping` that it takes no new work: then only its own pages are served.
 */
export type Serve = (
  request: IncomingMessage,
  response: ServerResponse,
  situation: { readonly isFull: boolean; readonly isStopping: boolean },
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
  /** A socket that listens already; host and port then say nothing. */
  readonly listener?: GivenListener | undefined;
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
  /**
   * Takes no new work, lets running requests end, even those whose client has gone, then cuts the rest. New requests
   * are refused politely meanwhile, unless the listener's connections are another process's from now on.
   */
  stop(options?: StopOptions): Promise<void>;
}

/**
 * Longer than proxies keep an idle connection (Caddy 120 s, Traefik 90 s, nginx 60 s): the sender must be the one that
 * closes, or a request meets a closed connection.
 */
const KEEP_ALIVE_MS = 125_000;
const MAX_CONNECTIONS = 2_000;
/** Three quarters: the rest is for all other addresses. */
const MAX_CONNECTIONS_PER_ADDRESS = 1_500;
/** For health checks of an orchestrator, a proxy and a person. */
const RESERVED_CONNECTIONS = 32;

export function createHttpFrontServer(given: ServerOptions): HttpServer {
  const options = { ...given };
  const server = createNodeServer(options);
  applySettings(server, options);
  // Long uploads are allowed; silent ones are not.
  server.requestTimeout = 0;
  server.keepAliveTimeout = options.keepAliveMs ?? KEEP_ALIVE_MS;
  // Node closes it without a listener.
  server.on('timeout', (socket: Socket) =>
    isHeldBack(socket) ? socket.setTimeout(options.idleTimeoutMs) : socket.destroy(),
  );
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
  const inOrder = new InOrder(request => logCut(request, options.log));
  const isReserved = ({ socket }: IncomingMessage) => connections.isReserved(socket);
  const serve: RequestListener = (request, response) => {
    shutdown.limit(request, response);
    const { isRefusing: isStopping } = shutdown;
    const ended = connections.began(request.socket);
    response.on('close', ended);
    const serveNow = () => options.serve(request, response, { isFull: isReserved(request), isStopping });
    void shutdown.note(inOrder.run(request, response, serveNow));
  };
  const serveBeside = async (request: IncomingMessage, response: ServerResponse) => {
    const { isRefusing: isStopping } = shutdown;
    const ended = connections.beganBeside(request.socket);
    try {
      await options.serve(request, response, { isFull: ended === undefined || isReserved(request), isStopping });
      await whenClosed(response);
    } finally {
      ended?.();
    }
  };
  const http2 = offerHttp2(server, options, (request, response) => shutdown.note(serveBeside(request, response)));
  const isHandedOver = options.listener?.outlivesServer;
  const shutdown = new Shutdown({ settings: options, server, http2, connections, isHandedOver });
  server.on('request', serve);
  // Without our own listener Node would send 100 Continue before the request is checked.
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  server.on(
    'clientError',
    createClientErrorAnswer(options.log, () => options.corsOrigins ?? []),
  );
  // Without a listener Node would close the connection without an answer.
  server.on('connect', (request, socket) => refuseConnect(request, socket, options.log));
  return {
    start: () => listen(server, options),
    change: settings => {
      swapKeyPair(server, options.tls, settings.tls);
      Object.assign(options, settings);
      applySettings(server, settings);
      http2.change(settings);
    },
    stop: stopOptions => shutdown.stop(stopOptions),
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
    ServerResponse: FrontResponse,
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

async function listen(server: Server, options: ServerOptions): Promise<{ url: string; port: number }> {
  const { host, port, tls, listener } = options;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explainListenError(error, { host, port })));
    server.listen(listener?.socket ?? { host, port }, resolve);
  });
  for (const socket of listener?.takeWaiting() ?? []) {
    server.emit('connection', socket);
    socket.resume();
  }
  const address = server.address() as AddressInfo;
  const shown = listener === undefined ? host : address.address;
  const name = shown.includes(':') ? `[${shown}]` : shown;
  return { url: `${tls === undefined ? 'http' : 'https'}://${name}:${address.port}/`, port: address.port };
}
