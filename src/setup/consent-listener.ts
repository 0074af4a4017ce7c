import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConsentAnswer, type ReceivedAnswer, readConsentAnswer } from './consent-answer.ts';
import { CONSENT_PAGE_HEADERS, renderConsentPage } from './consent-page.ts';

/** A browser sends one request of some KiB. */
const HEADERS_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 32;

export interface ConsentListener {
  readonly port: number;
  /** The one answer that carries our state; what else arrives is answered and changes nothing. */
  readonly answer: Promise<ConsentAnswer>;
  close(): Promise<void>;
}

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** What the consent URL carries, and the answer has to. */
  readonly state: string;
  /** Hears of answers that were ignored because their state is not ours. */
  readonly onForeign: () => void;
}

/** Waits where Microsoft sends the browser. Rejects when the port cannot be had. */
export async function openConsentListener({ host, port, state, onForeign }: ListenerOptions): Promise<ConsentListener> {
  const { promise: answer, resolve } = Promise.withResolvers<ConsentAnswer>();
  let last: ConsentAnswer | undefined;
  const server = createServer((request, response) => {
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
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, { host, port });
  return { port: (server.address() as AddressInfo).port, answer, close: () => close(server) };
}

/** Behind a proxy the path may be any: what counts is the query. */
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
