import type { ServerResponse } from 'node:http';
import type { Entry } from '../drive/entry.ts';
import { isDriveError } from '../drive/errors.ts';
import { isClientGone } from '../lib/client-gone.ts';
import type { Log } from '../lib/log.ts';
import { DavError, toDavError } from './errors.ts';
import { escapeXml } from './xml/xml-writer.ts';

/** An answer without a body. */
export function sendEmpty(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  const length = status === 204 || status === 304 ? {} : { 'Content-Length': '0' };
  response.writeHead(status, { ...length, ...headers }).end();
}

/** An answer whose body is XML; `xml` is its root element. */
export function sendXml(
  response: ServerResponse,
  status: number,
  xml: string,
  headers: Record<string, string> = {},
): void {
  const body = `<?xml version="1.0" encoding="utf-8"?>\n${xml}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/xml; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    ...headers,
  });
  response.end(body);
}

/** A 207 that is short enough to be made at once; `responses` are its `response` elements. Listings stream, in `multistatus.ts`. */
export function sendMultistatus(response: ServerResponse, responses: string): void {
  sendXml(response, 207, `<D:multistatus xmlns:D="DAV:">${responses}</D:multistatus>`);
}

/** ETag and Last-Modified: the same in GET, HEAD, PUT and PROPFIND. */
export function validatorsOf(entry: Entry): Record<string, string> {
  return { ETag: `"${entry.etag}"`, 'Last-Modified': entry.modified.toUTCString() };
}

/**
 * Answers an error. When the head is out already the connection is cut: a body that ends early must not look whole. What is no
 * answer of ours is a bug: 500 to the client, everything to the log.
 */
export function sendError(response: ServerResponse, error: unknown, log: Log): void {
  if (isAborted(response, error)) {
    response.destroy();
    return;
  }
  const answer = toDavError(error) ?? bug(error, log);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (answer.status >= 500 && answer.status !== 500) {
    log.warn({ status: answer.status, cause: answer.message }, 'could not serve a request');
  }
  const { body, type } = renderError(answer);
  response.writeHead(answer.status, {
    'Content-Type': type,
    'Content-Length': String(Buffer.byteLength(body)),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...answer.headers,
  });
  response.end(body);
}

/** A body does not end when nobody takes or sends it any more; that is no fault of ours, and the access log tells it. */
function isAborted({ destroyed, req }: ServerResponse, error: unknown): boolean {
  return (destroyed || req.destroyed) && (isClientGone(error) || isDriveError(error, 'aborted'));
}

function bug(error: unknown, log: Log): DavError {
  log.error({ err: error }, 'a request failed in a way that it should not');
  return new DavError(500, 'the server failed; its log says more');
}

function renderError({ condition, hrefs, message }: DavError): { body: string; type: string } {
  if (condition === undefined) {
    return { body: `${message}\n`, type: 'text/plain; charset=utf-8' };
  }
  const element = renderCondition(condition, hrefs);
  // XML 1.0 §2.5: no two hyphens in a row; the space before the end keeps a last one apart.
  const comment = escapeXml(message).replace(/-(?=-)/g, '- ');
  const body = `<?xml version="1.0" encoding="utf-8"?>\n<D:error xmlns:D="DAV:">${element}</D:error>\n<!-- ${comment} -->\n`;
  return { body, type: 'application/xml; charset=utf-8' };
}

/** RFC 4918 §16: a condition with the URLs that it is about. */
export function renderCondition(condition: string, hrefs: readonly string[] = []): string {
  const members = hrefs.map(href => `<D:href>${escapeXml(href)}</D:href>`).join('');
  return members === '' ? `<D:${condition}/>` : `<D:${condition}>${members}</D:${condition}>`;
}
