import type { ServerResponse } from 'node:http';
import type { Entry, Quota } from '../../drive/entry.ts';
import { wantsPage } from '../client-quirks.ts';
import { DavError } from '../errors.ts';
import { parseFolderOrder } from '../folder-page/folder-order.ts';
import { type FolderPage, renderFolderPage } from '../folder-page/folder-page.ts';
import { FOLDER_STYLE_HASH } from '../folder-page/folder-style.ts';
import { encodeHref } from '../href.ts';
import { allowAt, offerAt } from '../method-table.ts';
import type { DavRequest, RequestPart } from '../request.ts';
import { sendEmpty, validatorsOf } from '../respond.ts';
import { sendHeadOfPieces, sendPieces } from '../send-pieces.ts';

/** The Accept header decides between the two answers, and a cache must know that. */
const VARY = { Vary: 'Accept' };

/**
 * The page's own style is the only active content, whatever a name holds. There are no validators: the page changes
 * with the content of the folder, and the folder's ETag does not.
 */
const PAGE = {
  status: 200,
  headers: {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': [
      ...["default-src 'none'", `style-src '${FOLDER_STYLE_HASH}'`],
      ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'private, no-cache',
    ...VARY,
  },
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
  if (request.method === 'HEAD') {
    sendHeadOfPieces(request, response, PAGE);
    return;
  }
  const { drive, path, signal } = request;
  const [entries, quota] = await Promise.all([drive.list(path, { signal }), quotaOrNone(request)]);
  const pieces = renderFolderPage(pageOf(request, entries, quota));
  await sendPieces(request, response, PAGE, pieces);
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
): FolderPage {
  return {
    names,
    rootName: part?.name,
    entries,
    quota,
    order: parseFolderOrder(raw.url ?? ''),
    hrefOf: (to, kind) => encodeHref([...prefix, ...to], kind),
  };
}
