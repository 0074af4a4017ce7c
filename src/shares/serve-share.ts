import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../lib/log.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import { errorRendererFor } from '../webdav/error-body.ts';
import { encodeHref } from '../webdav/href.ts';
import { sendEmpty, sendError } from '../webdav/respond.ts';
import { passMethod } from './pass-method.ts';
import type { PasswordCookies } from './password-cookie.ts';
import { isPasswordForm, readPassword, withPassword } from './password-form.ts';
import { refuseVisit } from './refuse-visit.ts';
import type { EnterShare, ShareVisit } from './share-door.ts';
import type { UploadPage } from './upload-page.ts';

export interface ServeShareOptions {
  readonly enter: EnterShare;
  readonly cookies: PasswordCookies;
  readonly origin: ShareOrigin;
  readonly publicUrls: readonly string[];
  readonly note: (fields: Record<string, unknown>) => void;
  /** Gets `accepted`, or the kind of the refusal. */
  readonly count: (outcome: string) => void;
  readonly log: Log;
  /** Returns the page of a share that takes uploads, which is at the path of the request. */
  readonly uploadPage: (request: IncomingMessage, visit: ShareVisit) => UploadPage;
  /** Serves a request that the share lets in. */
  readonly open: (visit: ShareVisit) => Promise<void>;
}

/** The way of a request, as the front door knows it. */
interface ShareOrigin {
  readonly address: string;
  readonly isSecure: boolean;
  readonly hosts: readonly string[];
  readonly prefix: readonly string[];
}

/** A page of a share tells no other site where it came from, and no search engine lists it: its URL is the key. */
const SECRET_URL = { 'Referrer-Policy': 'no-referrer', 'X-Robots-Tag': 'noindex, nofollow' };

/** Serves a request below `/-/s`, whose target begins with the token. */
export async function serveShare(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServeShareOptions,
): Promise<void> {
  const { log, open } = options;
  for (const [name, value] of Object.entries(SECRET_URL)) {
    response.setHeader(name, value);
  }
  try {
    const entered = await whileThere(response, signal => comeIn(request, response, { ...options, signal }));
    if (entered !== undefined) {
      await open(entered);
    }
  } catch (error) {
    sendError(response, error, log, errorRendererFor(request, { prefix: options.origin.prefix, part: 'unknown' }));
  }
}

/** Returns the visit of a request that goes on to WebDAV; undefined when it has been answered. */
async function comeIn(
  request: IncomingMessage,
  response: ServerResponse,
  { signal, ...options }: ServeShareOptions & { readonly signal: AbortSignal },
): Promise<ShareVisit | undefined> {
  const { enter, origin, note, count, uploadPage } = options;
  const [token = ''] = decodeUrlPath(request.url ?? '/').names;
  const isForm = isPasswordForm(request);
  const asked = isForm
    ? withPassword(request, await readPassword(request, response, { ...origin, ...options }))
    : request;
  const entered = await enter(token, asked, { address: origin.address, signal });
  count('refused' in entered ? entered.refused : 'accepted');
  if ('refused' in entered) {
    note({ refused: entered.refused, door: 'share' });
    refuseVisit(request, response, { refusal: entered, prefix: origin.prefix, isForm });
    return undefined;
  }
  if (isForm) {
    note({ share: entered.share.id });
    welcome(request, response, { share: entered.share, token, ...options });
    return undefined;
  }
  return (await passMethod(request, response, { visit: entered, uploadPage, signal })) ? entered : undefined;
}

/** Sends a browser that has the password to what it has opened, with GET. */
function welcome(
  { url = '/' }: IncomingMessage,
  response: ServerResponse,
  {
    share,
    token,
    origin,
    cookies,
  }: Pick<ServeShareOptions, 'origin' | 'cookies'> & Pick<ShareVisit, 'share'> & { readonly token: string },
): void {
  const { names, trailingSlash } = decodeUrlPath(url);
  const path = encodeHref([...origin.prefix, ...names], trailingSlash ? 'folder' : 'file');
  const [query = ''] = /\?.*/s.exec(url) ?? [];
  if (share.passwordHash !== undefined) {
    response.setHeader('Set-Cookie', cookies.make(share, encodeHref([...origin.prefix, token], 'file')));
  }
  sendEmpty(response, 303, { Location: `${path}${query}`, 'Cache-Control': 'no-store' });
}

/** Does work that ends when the client goes. */
async function whileThere<T>(response: ServerResponse, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const leave = () => controller.abort(new Error('the client is gone'));
  response.once('close', leave);
  try {
    return await work(controller.signal);
  } finally {
    response.off('close', leave);
  }
}
