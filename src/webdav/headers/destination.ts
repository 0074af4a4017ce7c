import { decodeUrlPath, UrlPathError } from '../../lib/url-path.ts';
import { DavError } from '../errors.ts';

/**
 * RFC 4918 §10.3: the decoded names of the destination. An absolute URL must lead to this server: to one of `ourHosts` (lower case, without
 * ports), with whatever scheme, port and user a proxy or client (KIO) put there. Throws 400 for what cannot be read and 502 for another
 * server (RFC 4918 §9.9.4).
 */
export function parseDestination(header: string | undefined, ourHosts: readonly string[]): string[] {
  if (header === undefined) {
    throw new DavError(400, 'the Destination header is missing');
  }
  const text = header.trim();
  if (text.includes('?')) {
    // LibreOffice 7.4 writes "?" for every character that it cannot; to drop the rest would name the target wrongly.
    throw new DavError(400, 'the Destination header must not have a query; encode "?" as %3F');
  }
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/i.exec(text);
  if (absolute !== null) {
    const host = absolute[1]!.replace(/^.*@/, '').toLowerCase();
    if (!ourHosts.includes(withoutPort(host))) {
      throw new DavError(
        502,
        `the Destination is on another server, "${host}"; if it is this one, name it in publicUrls`,
      );
    }
  }
  try {
    return decodeUrlPath(absolute === null ? text : absolute[2] || '/').names;
  } catch (error) {
    if (error instanceof UrlPathError) {
      throw new DavError(400, `the Destination header cannot be read: ${error.message}`);
    }
    throw error;
  }
}

export function withoutPort(host: string): string {
  return host.replace(/:\d+$/, '');
}
