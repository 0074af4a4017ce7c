import type { ServerResponse } from 'node:http';
import type { Entry, Quota } from '../../drive/entry.ts';
import { type Language, languageFor, languageHeaders } from '../../words/words.ts';
import { wantsPage } from '../client-quirks.ts';
import { DavError } from '../errors.ts';
import {
  type AppOnPage,
  appOnPage,
  appPolicy,
  renderShell,
  SHELL_HEADERS,
  shellThemeOf,
} from '../folder-page/app-page.ts';
import { parseFolderOrder } from '../folder-page/folder-order.ts';
import { type FolderPage, renderFolderPage, titleOf } from '../folder-page/folder-page.ts';
import { PLAIN_POLICY } from '../folder-page/folder-style.ts';
import { namesType } from '../headers/accept.ts';
import { encodeHref } from '../href.ts';
import { allowAt, offerAt } from '../method-table.ts';
import { type DavRequest, headerOf, type RequestPart } from '../request.ts';
import { sendEmpty, validatorsOf } from '../respond.ts';
import { sendHeadOfPieces, sendPieces } from '../send-pieces.ts';

/** The Accept header decides between the two answers, and a cache must know that. */
const VARY = { Vary: 'Accept' };

/**
 * The headers of a page. There are no validators: the page changes with the content of the folder, and the folder's
 * ETag does not.
 */
const PAGE_HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'private, no-cache',
};

/**
 * GET and HEAD of a collection. RFC 4918 §9.4 leaves the answer to us: browsers get a page, other clients get nothing.
 */
export async function answerFolder(request: DavRequest, response: ServerResponse, entry: Entry): Promise<void> {
  if (wantsPage(request.raw)) {
    await sendPage(request, response);
    return;
  }
  if (request.method === 'GET') {
    throw new DavError(405, 'a collection has no content; list it with PROPFIND', {
      headers: { ...allowAt('folder', offerAt(request)), ...VARY },
    });
  }
  sendEmpty(response, 200, { ...validatorsOf(entry), ...VARY });
}

/** The listing is complete before the first byte goes out, as in PROPFIND. */
async function sendPage(request: DavRequest, response: ServerResponse): Promise<void> {
  const app = appOf(request);
  const language = languageFor(request.raw.headers);
  const head = { status: 200, headers: headersOf(request, app, language) };
  if (request.method === 'HEAD') {
    sendHeadOfPieces(request, response, head);
    return;
  }
  const theme = app && shellThemeOf(request.raw);
  if (app !== undefined && theme !== undefined) {
    await sendPieces(
      request,
      response,
      head,
      [renderShell(app, { title: titleOf(labelsOf(request), language), theme, language })].values(),
    );
    return;
  }
  const { drive, path, signal } = request;
  const [entries, quota] = await Promise.all([drive.list(path, { signal }), quotaOrNone(request)]);
  const pieces = renderFolderPage({ ...pageOf(request, entries, quota), app, language });
  await sendPieces(request, response, head, pieces);
}

/**
 * The app for this answer; undefined where there is none, or the client wants to be without it. A program that reads the
 * page without asking for HTML (lftp) has no use for a script.
 */
function appOf(request: RequestPart<'raw' | 'prefix' | 'names' | 'part', 'app'>): AppOnPage | undefined {
  const { raw, prefix, names, part, services } = request;
  const { app } = services;
  if (app === undefined || isPlain(raw) || !namesType(headerOf(raw, 'accept'), 'text/html')) {
    return undefined;
  }
  // The first name of a part is its root.
  const root = part === undefined ? prefix : [...prefix, ...names.slice(0, 1)];
  const server = part?.server ?? prefix;
  return appOnPage(app, { root: encodeHref(root, 'folder'), server: encodeHref(server, 'folder') });
}

/** What people call the folders on the way; the first name of a part is a secret. */
function labelsOf({ names, part }: Pick<DavRequest, 'names' | 'part'>): readonly string[] {
  return part === undefined ? names : names.with(0, part.name);
}

/** The Accept header decides between page and refusal; with the app, others decide between two pages. */
function headersOf(
  { services }: RequestPart<never, 'app'>,
  app: AppOnPage | undefined,
  language: Language,
): Record<string, string> {
  return {
    ...PAGE_HEADERS,
    'Content-Security-Policy': app === undefined ? PLAIN_POLICY : appPolicy(app),
    ...(app === undefined ? {} : { 'Cross-Origin-Opener-Policy': 'same-origin' }),
    ...languageHeaders(language, services.app === undefined ? VARY.Vary : `${VARY.Vary}, ${SHELL_HEADERS}`),
  };
}

/** `?view=plain` asks for the page without scripts. */
function isPlain({ url = '' }: Pick<DavRequest['raw'], 'url'>): boolean {
  return new URLSearchParams(url.split('?')[1]).get('view') === 'plain';
}

/** Free space is an extra. A drive that cannot tell it now must still show its content. */
async function quotaOrNone({
  drive,
  path,
  signal,
  services,
}: RequestPart<'drive' | 'path' | 'signal', 'log'>): Promise<Quota | undefined> {
  try {
    return await drive.quota(path, { signal });
  } catch (error) {
    services.log.warn({ err: error }, 'a folder is shown without the free space of its drive');
    return undefined;
  }
}

function pageOf(
  { names, prefix, part, raw }: Pick<DavRequest, 'names' | 'prefix' | 'part' | 'raw'>,
  entries: readonly Entry[],
  quota: Quota | undefined,
): Omit<FolderPage, 'language'> {
  return {
    names,
    rootName: part?.name,
    entries,
    quota,
    order: parseFolderOrder(raw.url ?? ''),
    isPlain: isPlain(raw),
    hrefOf: (to, kind) => encodeHref([...prefix, ...to], kind),
  };
}
