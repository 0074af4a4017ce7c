import type { DavError } from './errors.ts';
import { renderErrorPage } from './folder-page/error-page.ts';
import { PLAIN_POLICY } from './folder-page/folder-style.ts';
import { namesType } from './headers/accept.ts';
import { encodeHref } from './href.ts';
import { headerOf, type RequestPart } from './request.ts';
import type { ErrorBody } from './respond.ts';

/**
 * Returns how an error is shown to somebody who has opened a URL in a browser: as a page with ways back. Undefined for
 * all other clients, which read plain words.
 */
export function errorPageFor({
  raw,
  method,
  names,
  prefix,
  services,
}: RequestPart<'raw' | 'method' | 'names' | 'prefix', 'app'>): ((answer: DavError) => ErrorBody) | undefined {
  const isOpened = method === 'GET' && namesType(headerOf(raw, 'accept'), 'text/html');
  if (!isOpened || services.app === undefined) {
    return undefined;
  }
  const root = encodeHref(prefix, 'folder');
  const above = encodeHref([...prefix, ...names.slice(0, -1)], 'folder');
  return ({ status, message }) => ({
    body: renderErrorPage({ status, message, above, root }),
    type: 'text/html; charset=utf-8',
    headers: { 'Content-Security-Policy': PLAIN_POLICY, 'Referrer-Policy': 'no-referrer', Vary: 'Accept' },
  });
}
