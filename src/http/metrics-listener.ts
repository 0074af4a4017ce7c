import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerMetrics, type Exposition, type MetricsToken, send } from './metrics.ts';

export interface MetricsListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly metrics: Exposition;
  readonly token: MetricsToken;
}

export interface MetricsListener {
  /** Resolves with the URL of the metrics. Throws, stating the remedy, when the port is taken. */
  start(): Promise<string>;
  stop(): Promise<void>;
}

/** More than all scrapers of one server. */
const MAX_CONNECTIONS = 64;
const TIMEOUT_MS = 30_000;

/**
 * A listener of plain HTTP for the metrics alone, at `/metrics` as exporters have it, and at `/-/metrics`. Scrapers
 * reach it where clients do not.
 */
export function createMetricsListener({ host, port, metrics, token }: MetricsListenerOptions): MetricsListener {
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const path = (request.url ?? '').split('?', 1)[0];
    if (path !== '/metrics' && path !== '/-/metrics') {
      send(response, 404, { contentType: 'text/plain; charset=utf-8', body: 'not found\n' });
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      send(response, 405, { contentType: 'text/plain; charset=utf-8', body: 'read only\n', headers: { Allow: 'GET' } });
      return;
    }
    await answerMetrics(request, response, { metrics, token });
  };
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = TIMEOUT_MS;
  server.requestTimeout = TIMEOUT_MS;
  return {
    start: async () => {
      await new Promise<void>((resolve, reject) => {
        server.once('error', error => reject(explain(error, { host, port })));
        server.listen(port, host, resolve);
      });
      const name = host.includes(':') ? `[${host}]` : host;
      return `http://${name}:${(server.address() as AddressInfo).port}/metrics`;
    },
    stop: async () => {
      if (server.listening) {
        const closed = new Promise<void>(resolve => server.close(() => resolve()));
        server.closeAllConnections();
        await closed;
      }
    },
  };
}

function explain(error: Error, { host, port }: { host: string; port: number }): Error {
  const text = `cannot serve the metrics on ${host}:${port}: ${error.message}; check metrics.listen`;
  return new Error(text, { cause: error });
}
