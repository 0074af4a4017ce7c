import type { ServerResponse } from 'node:http';
import { sendBody } from '../downloads/proxy.ts';
import { discardBody } from '../lib/discard-body.ts';

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

/** Sends bytes; HEAD gets the headers alone. */
export async function sendBytes(
  response: ServerResponse,
  headers: Readonly<Record<string, string>>,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  if (response.req.method === 'HEAD') {
    await discardBody(body);
    response.writeHead(200, { ...headers }).end();
    return;
  }
  await sendBody(response, { status: 200, headers: { ...headers } }, body);
}

/** Returns the `Content-Disposition` of a file that is to be saved by this name (RFC 6266 §4.3, RFC 8187). */
export function attachmentOf(name: string): string {
  const encoded = encodeURIComponent(name.toWellFormed()).replace(
    /['()*]/g,
    character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename*=UTF-8''${encoded}`;
}
