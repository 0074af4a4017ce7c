import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../lib/log.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import { errorRendererFor } from '../webdav/error-body.ts';
import { DavError } from '../webdav/errors.ts';
import { sendError } from '../webdav/respond.ts';
import { passMethod } from './pass-method.ts';
import type { EnterShare, ShareRefusal, ShareVisit } from './share-door.ts';
import type { UploadPage } from './upload-page.ts';

export interface ServeShareOptions {
  readonly enter: EnterShare;
  readonly origin: { readonly address: string; readonly isSecure: boolean; readonly prefix: readonly string[] };
  readonly note: (fields: Record<string, unknown>) => void;
  /** Gets `accepted`, or the kind of the refusal. */
  readonly count: (outcome: string) => void;
  readonly log: Log;
  /** Returns the page of a share that takes uploads, which is at the path of the request. */
  readonly uploadPage: (request: IncomingMessage, visit: ShareVisit) => UploadPage;
  /** Serves a request that the share lets in. */
  readonly open: (visit: ShareVisit) => Promise<void>;
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
    sendError(response, error, log, errorRendererFor(request, options.origin.prefix, 'unknown'));
  }
}

/** Returns the visit of a request that goes on to WebDAV; undefined when it has been answered. */
async function comeIn(
  request: IncomingMessage,
  response: ServerResponse,
  { enter, origin, note, count, uploadPage, signal }: ServeShareOptions & { readonly signal: AbortSignal },
): Promise<ShareVisit | undefined> {
  const [token = ''] = decodeUrlPath(request.url ?? '/').names;
  const entered = await enter(token, request, { address: origin.address, signal });
  count('refused' in entered ? entered.refused : 'accepted');
  if ('refused' in entered) {
    note({ refused: entered.refused, door: 'share' });
    refuse(request, response, { refusal: entered, prefix: origin.prefix });
    return undefined;
  }
  return (await passMethod(request, response, { visit: entered, uploadPage, signal })) ? entered : undefined;
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

/** What is said of each refusal. Without a right token nobody learns whether there is, or was, such a share. */
const ANSWERS: Readonly<Record<ShareRefusal['refused'], readonly [status: number, message: string]>> = {
  none: [404, 'there is no such share'],
  over: [410, 'this share has ended'],
  closed: [403, 'this share is closed now; ask the person who gave you the link'],
  password: [401, 'this share needs its password; any user name will do'],
  guessing: [429, 'too many wrong guesses; try again later'],
  busy: [503, 'too many sign-ins at once; try again in a moment'],
  pending: [503, 'this share cannot be reached now; try again later'],
};

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, prefix }: { readonly refusal: ShareRefusal; readonly prefix: readonly string[] },
): void {
  const [status, message] = ANSWERS[refusal.refused];
  if ('retryAfterSeconds' in refusal) {
    response.setHeader('Retry-After', String(refusal.retryAfterSeconds));
  }
  if (refusal.refused === 'password') {
    // A realm of its own, so that no program sends the password of another share, or of a user.
    response.setHeader('WWW-Authenticate', `Basic realm="Share ${refusal.share}", charset="UTF-8"`);
    // Finder expects it on the challenge.
    response.setHeader('DAV', '1, 3');
  }
  const { body, type, headers } = errorRendererFor(request, prefix, 'unknown')(new DavError(status, message));
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
