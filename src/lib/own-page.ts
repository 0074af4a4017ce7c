import type { RequestHeaders } from './headers.ts';
import { withoutPort } from './without-port.ts';

/** Where the pages of this server are, as a browser knows it. */
export interface OwnPages {
  /** URLs that clients use for this server; only their origins matter. */
  readonly publicUrls: readonly string[];
  /** Hosts (`host` or `host:port`, lower case) by which the client of a request calls this server. */
  readonly hosts: readonly string[];
  /** True when this client uses TLS; false: it does not, or a proxy in front does not say so. */
  readonly isSecure: boolean;
}

/** What a browser sends is the word of the browser: no page can write these headers (Fetch standard, "forbidden"). */
const SAME = 'same-origin';

/**
 * Tells whether a page of ours has sent a change, by what browsers say of the page: `Sec-Fetch-Site` (Fetch Metadata
 * §2.3) and `Origin` (Fetch standard). Both must fit where both are there. `takesPrograms`: a request that says nothing
 * is of a program, which has its credentials from a person and not from a browser.
 */
export function isFromOwnPage(
  headers: RequestHeaders,
  own: OwnPages,
  { takesPrograms }: { readonly takesPrograms: boolean },
): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== SAME) {
    return false;
  }
  // A page that tells no site where it came from sends `null` (Fetch standard, "append a request Origin header"). So do
  // sandboxed pages, but they are not of the same origin.
  if (origin === undefined || origin === 'null') {
    return site === SAME || (origin === undefined && takesPrograms);
  }
  return isOwnOrigin(String(origin), own, { saysSame: site === SAME });
}

/** Tells whether a read comes from elsewhere: scripts send their `Origin`, links and our own pages send none. */
export function isForeignRead({ origin }: RequestHeaders, own: OwnPages): boolean {
  return origin !== undefined && !isOwnOrigin(String(origin), own, { saysSame: false });
}

/**
 * Tells whether a cookie counts as the credentials of a request. Browsers send it also for pages of other hosts in our
 * domain, which must neither change nor load anything. What is no load must come from a page of ours, and say so; a
 * person may open a page from anywhere.
 */
export function mayUseCookie(method: string, headers: RequestHeaders): boolean {
  const site = headers['sec-fetch-site'];
  if (method !== 'GET' && method !== 'HEAD') {
    return site === SAME;
  }
  return site === undefined || site === SAME || site === 'none' || isOpened(headers);
}

/** Tells whether a person opens an address, or sends a form, so that the answer is what they see (Fetch Metadata). */
export function isOpened(headers: RequestHeaders): boolean {
  return headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
}

/**
 * A public URL says which scheme its host has. Other hosts are those of the request, by TLS where that is known. Some
 * proxies leave out the port; a browser that says itself that the page is ours is believed with another one.
 */
function isOwnOrigin(origin: string, own: OwnPages, { saysSame }: { readonly saysSame: boolean }): boolean {
  const url = URL.parse(origin);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    return false;
  }
  const known = own.publicUrls.map(text => new URL(text));
  if (saysSame) {
    const hosts = [...known.map(({ host }) => host), ...own.hosts];
    return hosts.some(host => withoutPort(host) === withoutPort(url.host));
  }
  if (known.some(({ host }) => host === url.host)) {
    return known.some(each => each.origin === url.origin);
  }
  const isFitting = url.protocol === 'https:' || !own.isSecure;
  return isFitting && own.hosts.some(host => URL.parse(`${url.protocol}//${host}`)?.host === url.host);
}
