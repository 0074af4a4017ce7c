import type { IncomingMessage } from 'node:http';
import type { Place } from './place.ts';

/**
 * Tells whether a request may come from one of our own pages, by what only browsers write. A script of another page,
 * also of one that `listen.cors` names for WebDAV, always sends its `Origin`; such requests are refused, whatever they
 * are. A form must say that it is ours: by `Sec-Fetch-Site` (Fetch Metadata), or by `Origin` in older browsers.
 */
export function isFromOwnPage({ method, headers }: IncomingMessage, place: Place): boolean {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (origin !== undefined && origin !== new URL(place.root).origin) {
    return false;
  }
  const isForm = method === 'POST';
  return !isForm || (site === undefined ? origin !== undefined : site === 'same-origin');
}
