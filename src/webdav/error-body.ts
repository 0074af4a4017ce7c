import type { IncomingMessage } from 'node:http';
import { html } from '../lib/html.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import { type Language, languageFor, languageHeaders, type Words, wordsIn } from '../words/words.ts';
import { wantsPage } from './client-quirks.ts';
import type { DavError } from './errors.ts';
import { ERROR_PAGE_HEADERS, renderErrorPage } from './folder-page/error-page.ts';
import { encodeHref } from './href.ts';
import type { TreePart } from './request.ts';
import { type ErrorBody, renderError } from './respond.ts';

/** The methods by which a browser opens an address: a link, and a form. */
const OPENING = ['GET', 'POST'];

/** Whose errors are rendered, and how. */
export interface ErrorPlace {
  /** The names in front of the tree's own names in the client's URLs. */
  readonly prefix: readonly string[];
  /** Undefined: the tree is the user's own. `unknown`: there is no way back. */
  readonly part?: Pick<TreePart, 'name'> | 'unknown' | undefined;
  /** What a person is told; absent: what is known of the status, and the words of the error. */
  readonly said?: (words: Words) => string;
}

/**
 * Returns how errors are rendered for a request: as a page with ways back, in their language, for a person who opens an
 * address in a browser, otherwise as RFC 4918 §16 wants it.
 */
export function errorRendererFor(raw: IncomingMessage, place: ErrorPlace): (answer: DavError) => ErrorBody {
  const isOpened = OPENING.includes(raw.method ?? '') && raw.headers['sec-fetch-mode'] === 'navigate' && wantsPage(raw);
  return isOpened ? answer => renderPage(answer, raw, place) : renderError;
}

function renderPage(answer: DavError, raw: IncomingMessage, place: ErrorPlace): ErrorBody {
  const { status, message: text, headers = {} } = answer;
  const language = languageFor(raw.headers);
  const words = wordsIn(language);
  const message = place.said === undefined ? words.error.problem(status, text) : html`${place.said(words)}`;
  const ways = waysBack(raw, place, language);
  const body = renderErrorPage({ status, message, language, retryAfter: headers['Retry-After'], ways });
  return {
    body,
    type: 'text/html; charset=utf-8',
    headers: { ...ERROR_PAGE_HEADERS, ...languageHeaders(language, 'Accept') },
  };
}

type Way = { readonly label: string; readonly href: string };

/** The folders above, from the root; in a part of a tree from its own root, if that may be told. */
function waysBack(raw: IncomingMessage, { prefix, part }: ErrorPlace, language: Language): Way[] {
  const above = part === 'unknown' ? [] : decodeUrlPath(raw.url ?? '/').names.slice(0, -1);
  const ways = [wordsIn(language).error.home, ...above].map((label, depth) => ({
    label,
    href: encodeHref([...prefix, ...above.slice(0, depth)], 'folder'),
  }));
  if (part === undefined) {
    return ways;
  }
  const [, root, ...others] = ways;
  return root === undefined || part === 'unknown' ? [] : [{ ...root, label: part.name }, ...others];
}
