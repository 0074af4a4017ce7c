import type { IncomingMessage } from 'node:http';
import { isFromOwnPage } from '../webdav/own-page.ts';
import { BrowserError } from './errors.ts';
import type { BrowserRequest } from './request.ts';

/**
 * Refuses a change that a page of another site may have made with this user's credentials. A form cannot send JSON, so
 * a script must, and its browser asks first (Fetch standard, "CORS-preflight request"); what the browser says of the
 * page must fit as well. Throws 403, 415.
 */
export function refuseOtherOrigin(request: BrowserRequest): void {
  if (!isFromOwnPage(request)) {
    throw new BrowserError(403, 'other-origin', 'only the pages of this server may do this (see publicUrls)');
  }
  if (!isJson(request.raw)) {
    throw new BrowserError(415, 'media-type', 'an action needs Content-Type: application/json');
  }
}

function isJson({ headers }: IncomingMessage): boolean {
  return /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');
}
