import { readUtf8 } from '../../lib/header-text.ts';
import { decodeUrlPath, UrlPathError } from '../../lib/url-path.ts';
import { withoutPort } from '../../lib/without-port.ts';
import { DavError } from '../errors.ts';

/** The schemes that clients use for this server. KDE's KIO writes the last four. */
const OUR_SCHEMES = /^(https?|webdavs?|davs?)$/i;
const ABSOLUTE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)$/i;
/** Browsers take a backslash for a slash; two readers of such a URL would name two hosts. */
const AMBIGUOUS = /[\\\s"<>^`{|}]/;

/**
 * RFC 4918 §10.3: the decoded names of the destination. An absolute URL must lead to this server: its host must be one
 * of `ourHosts` (lower case, without ports). Its port and user may be anything, because proxies and clients (KIO) put
 * their own there. Throws 400 for a header that cannot be read whole, and 502 for another server (RFC 4918 §9.9.4).
 */
export function parseDestination(header: string | undefined, ourHosts: readonly string[]): string[] {
  if (header === undefined) {
    throw new DavError(400, 'the Destination header is missing');
  }
  return parseHeaderUrl(header, ourHosts, 'the Destination');
}

/**
 * The names of a URL of this server in a header: a Destination, or the tag of an If list. `what` names the URL in
 * messages. Throws 400, 502.
 */
export function parseHeaderUrl(header: string, ourHosts: readonly string[], what: string): string[] {
  const text = readUtf8(header.trim());
  if (text === undefined) {
    throw new DavError(400, `${what} is neither ASCII nor UTF-8; percent-encode it`);
  }
  if (text.includes('?')) {
    // LibreOffice 7.4 writes "?" for every character that it cannot encode. A name without its query would be wrong.
    throw new DavError(400, `${what} must not have a query; encode "?" as %3F`);
  }
  if (text.includes('#')) {
    // The part before the "#" is the name of another file.
    throw new DavError(400, `${what} must not have a fragment; encode "#" as %23`);
  }
  return namesOf(pathOf(text, ourHosts, what), what);
}

function pathOf(text: string, ourHosts: readonly string[], what: string): string {
  if (text.startsWith('//')) {
    // RFC 3986 §4.2: the next part would be a host, not the first folder.
    throw new DavError(400, `${what} must be a path or a whole URL`);
  }
  const [, scheme, authority = '', path] = ABSOLUTE.exec(text) ?? [];
  if (scheme === undefined) {
    return text;
  }
  const host = authority.replace(/^.*@/, '').toLowerCase();
  if (!OUR_SCHEMES.test(scheme) || !ourHosts.includes(withoutPort(host)) || host === '') {
    throw new DavError(502, `${what} is on another server, "${host}"; if that is this server, add it to publicUrls`);
  }
  if (AMBIGUOUS.test(authority) || URL.parse(`http://${authority}/`) === null) {
    throw new DavError(400, `${what} has an invalid host or port`);
  }
  return path || '/';
}

function namesOf(path: string, what: string): string[] {
  try {
    return decodeUrlPath(path).names;
  } catch (error) {
    if (error instanceof UrlPathError) {
      throw new DavError(400, `${what} is not valid: ${error.message}`);
    }
    throw error;
  }
}
