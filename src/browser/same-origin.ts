import type { IncomingMessage } from 'node:http';
import { withoutPort } from '../webdav/headers/destination.ts';
import { headerOf, ourHosts } from '../webdav/request.ts';
import { BrowserError } from './errors.ts';
import type { BrowserRequest } from './request.ts';

/**
 * Refuses a change that a page of another site may have made with this user's credentials. A form cannot send JSON, so
 * a script must, and its browser asks first (Fetch standard, "CORS-preflight request"); what the browser says of the
 * page must fit as well. Programs that are no browsers say nothing of a page. Throws 403, 415.
 */
export function refuseOtherOrigin(request: BrowserRequest): void {
  const { raw } = request;
  const site = headerOf(raw, 'sec-fetch-site');
  const origin = headerOf(raw, 'origin');
  const isOurs = origin === undefined || isOurOrigin(request, origin, { saysSame: site === 'same-origin' });
  if ((site !== undefined && site !== 'same-origin') || !isOurs) {
    throw new BrowserError(403, 'other-origin', 'only the pages of this server may do this (see publicUrls)');
  }
  if (!isJson(raw)) {
    throw new BrowserError(415, 'media-type', 'an action needs Content-Type: application/json');
  }
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Returns true when the page is of a host that the client calls this server by. A browser that says itself that the
 * page is ours may do so behind a proxy that leaves out the port.
 */
function isOurOrigin(
  { raw, services, hosts }: BrowserRequest,
  origin: string,
  { saysSame }: { saysSame: boolean },
): boolean {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return false;
  }
  if (saysSame) {
    return ourHosts(raw, services.publicHosts, hosts).includes(withoutPort(url.host));
  }
  const own = [...services.publicHosts, ...hosts, (raw.headers.host ?? '').toLowerCase()];
  return own.some(host => URL.parse(`${url.protocol}//${host}`)?.host === url.host);
}
