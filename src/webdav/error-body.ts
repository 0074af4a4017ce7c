import type { IncomingMessage } from 'node:http';
import { decodeUrlPath } from '../lib/url-path.ts';
import { wantsPage } from './client-quirks.ts';
import type { DavError } from './errors.ts';
import { ERROR_PAGE_HEADERS, renderErrorPage } from './folder-page/error-page.ts';
import { encodeHref } from './href.ts';
import { type ErrorBody, renderError } from './respond.ts';

/**
 * Returns how errors are rendered for a request: as a page with ways back for a person who opens an address in a
 * browser, otherwise as RFC 4918 §16 wants it.
 */
export function errorRendererFor(raw: IncomingMessage, prefix: readonly string[]): (answer: DavError) => ErrorBody {
  const isOpened = raw.method === 'GET' && raw.headers['sec-fetch-mode'] === 'navigate' && wantsPage(raw);
  return isOpened ? answer => renderPage(raw, prefix, answer) : renderError;
}

function renderPage(raw: IncomingMessage, prefix: readonly string[], answer: DavError): ErrorBody {
  const { status, message, headers = {} } = answer;
  const retryAfter = headers['Retry-After'];
  const body = renderErrorPage({ status, message, retryAfter, ways: waysBack(raw, prefix) });
  return { body, type: 'text/html; charset=utf-8', headers: ERROR_PAGE_HEADERS };
}

/** The folders above, from the root. */
function waysBack(raw: IncomingMessage, prefix: readonly string[]): { label: string; href: string }[] {
  const above = decodeUrlPath(raw.url ?? '/').names.slice(0, -1);
  return ['Home', ...above].map((label, depth) => ({
    label,
    href: encodeHref([...prefix, ...above.slice(0, depth)], 'folder'),
  }));
}
