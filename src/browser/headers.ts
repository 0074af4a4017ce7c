import type { ServerResponse } from 'node:http';

/**
 * The headers of every answer. No page of another origin can embed it, a browser does not guess its type, and where it
 * is opened as a page nothing in it runs.
 */
const INERT = {
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; sandbox",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
};

/** The headers of an answer that a browser must not keep: names and rights change. */
export const JSON_HEADERS = { ...INERT, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

/** The headers of an answer in lines of JSON. */
export const LINES_HEADERS = { ...JSON_HEADERS, 'Content-Type': 'application/x-ndjson' };

/**
 * The headers of bytes that only this user's own cache may keep. `Vary` separates the users of one browser as far as
 * its cache sees their credentials.
 */
export const BYTES_HEADERS = { ...INERT, 'Cache-Control': 'private, no-cache', Vary: 'Authorization, Cookie' };

/** Sends a JSON value; HEAD gets the headers alone. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  const length = { 'Content-Length': String(Buffer.byteLength(body)) };
  response.writeHead(status, { ...JSON_HEADERS, ...length });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
