import { withoutPort } from '../lib/without-port.ts';
import { headerOf, ourHosts, type RequestPart } from './request.ts';

/**
 * Returns false for a request that a page of another site may have made with this user's credentials: what the browser
 * says of the page (Fetch Metadata, `Origin`) must fit. Programs that are no browsers say nothing of a page.
 */
export function isFromOwnPage(request: RequestPart<'raw' | 'hosts', 'publicHosts'>): boolean {
  const site = headerOf(request.raw, 'sec-fetch-site');
  const origin = headerOf(request.raw, 'origin');
  if (site !== undefined && site !== 'same-origin') {
    return false;
  }
  // A page that tells no site where it came from sends this with its forms (Fetch standard, "serializing a request
  // origin"); the browser itself has said whose page it is.
  const isHidden = origin === 'null' && site === 'same-origin';
  return origin === undefined || isHidden || isOurOrigin(request, origin, { saysSame: site === 'same-origin' });
}

/**
 * Returns true when the page is of a host that the client calls this server by. A browser that says itself that the
 * page is ours may do so behind a proxy that leaves out the port.
 */
function isOurOrigin(
  { raw, services, hosts }: RequestPart<'raw' | 'hosts', 'publicHosts'>,
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
