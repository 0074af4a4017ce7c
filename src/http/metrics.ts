import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Secret } from '../lib/secret.ts';

/** A request whose answer has ended. */
export interface EndedRequest {
  readonly method: string;
  /** 0: none was sent. */
  readonly status: number;
  readonly seconds: number;
  readonly userAgent: string | undefined;
  /** Bytes that the request has moved: heads and bodies, in HTTP/2 the bodies. */
  readonly read: number;
  readonly written: number;
}

/** Receives what happens to requests. */
export interface RequestMetrics {
  requestBegan(): void;
  requestEnded(request: EndedRequest): void;
}

/** All metrics as a text for a scraper. */
export interface Exposition {
  /** `accept` is the scraper's header: OpenMetrics if it asks for that, else Prometheus' own format. */
  expose(accept: string | undefined): Promise<{ readonly contentType: string; readonly body: string }>;
}

/** Who may read the metrics: anybody, or the holder of a token (RFC 6750). */
export type MetricsToken = Secret | undefined;

/** Answers `GET /-/metrics`. Refuses a wrong or missing token with 401. */
export async function answerMetrics(
  request: Pick<IncomingMessage, 'headers'>,
  response: ServerResponse,
  { metrics, token }: { readonly metrics: Exposition; readonly token: MetricsToken },
): Promise<void> {
  if (token !== undefined && !hasToken(request.headers.authorization, token)) {
    send(response, 401, {
      contentType: 'text/plain; charset=utf-8',
      body: 'the metrics need the token of metrics.token\n',
      headers: { 'WWW-Authenticate': 'Bearer realm="metrics"' },
    });
    return;
  }
  send(response, 200, await metrics.expose(request.headers.accept));
}

function hasToken(authorization: string | undefined, token: Secret): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
  return given !== undefined && timingSafeEqual(digest(given), digest(token.reveal()));
}

/** Of equal length, whatever the text. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** Sends a complete answer that nobody may keep. */
export function send(
  response: ServerResponse,
  status: number,
  { contentType, body, headers = {} }: { contentType: string; body: string; headers?: Record<string, string> },
): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(body);
}
