import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type ConsentAnswer, type ReceivedAnswer, readConsentAnswer } from './consent-answer.ts';
import { CONSENT_PAGE_HEADERS, renderConsentPage } from './consent-page.ts';

/** A browser sends one request of some KiB. */
const REQUEST_TIMEOUT_MS = 5_000;
/** How often within the timeout node looks for late requests. */
const LOOKS_PER_TIMEOUT = 5;
/** Connections without a request so far. Browsers open some in advance. */
const MAX_SILENT = 32;

export interface ConsentListener {
  readonly port: number;
  /** The one answer with our state; other requests get a response and change nothing. */
  readonly answer: Promise<ConsentAnswer>;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** The state in the consent URL; the answer must carry it too. */
  readonly state: string;
  /** Called for answers that were ignored because their state is not ours. */
  readonly onForeign: () => void;
  /** For one request, counted from its connection. */
  readonly requestTimeoutMs?: number;
}

/** Listens where Microsoft sends the browser. Rejects when the port is not available. */
export async function openConsentListener(options: ListenerOptions): Promise<ConsentListener> {
  const { host, port, state, onForeign, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const { promise: answer, resolve } = Promise.withResolvers<ConsentAnswer>();
  let last: ConsentAnswer | undefined;
  const limits = {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: requestTimeoutMs / LOOKS_PER_TIMEOUT,
  };
  const server = createServer(limits, (request, response) => {
    const received = receive(request, state);
    if (received.kind === 'foreign') {
      onForeign();
    }
    if (received.kind === 'granted' || received.kind === 'refused') {
      // The first answer counts; the browser may ask again.
      last ??= received;
      response.on('close', () => resolve(last!));
    }
    send(request, response, received.kind === 'granted' || received.kind === 'refused' ? last! : received);
  });
  dropSilent(server);
  await listen(server, { host, port });
  return { port: (server.address() as AddressInfo).port, answer, close: () => close(server) };
}

/**
 * Drops the oldest of many connections without a request: a limit that refuses new ones would shut out the browser.
 */
function dropSilent(server: Server): void {
  const silent = new Set<Socket>();
  server.on('connection', socket => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
    if (silent.size > MAX_SILENT) {
      const [oldest] = silent;
      oldest!.destroy();
    }
  });
  server.on('request', ({ socket }) => silent.delete(socket));
}

/** Reads the query only: behind a proxy the path may be any. */
function receive({ method, url = '/' }: IncomingMessage, state: string): ReceivedAnswer {
  const parsed = URL.parse(url, 'http://localhost');
  return method === 'GET' && parsed !== null ? readConsentAnswer(parsed.searchParams, state) : { kind: 'stray' };
}

function send({ method }: IncomingMessage, response: ServerResponse, received: ReceivedAnswer): void {
  const { status, html } = renderConsentPage(received);
  response.writeHead(status, { ...CONSENT_PAGE_HEADERS, connection: 'close' });
  response.end(method === 'HEAD' ? undefined : html);
}

function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
