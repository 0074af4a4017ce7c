import type { IncomingMessage, ServerResponse } from 'node:http';
import { isOpened } from '../lib/own-page.ts';
import { errorRendererFor } from '../webdav/error-body.ts';
import { DavError } from '../webdav/errors.ts';
import { languageFor, type Words, wordsIn } from '../words/words.ts';
import { sendPasswordPage } from './password-page.ts';
import type { ShareRefusal } from './share-door.ts';

/** What programs are told of each refusal. Without a right token nobody learns whether there is, or was, such a share. */
const ANSWERS: Readonly<Record<ShareRefusal['refused'], readonly [status: number, message: string]>> = {
  none: [404, 'there is no such share'],
  over: [410, 'this share has ended'],
  closed: [403, 'this share is closed now; ask the person who gave you the link'],
  password: [401, 'this share needs its password; any user name will do'],
  guessing: [429, 'too many wrong guesses; try again later'],
  busy: [503, 'too many sign-ins at once; try again in a moment'],
  pending: [503, 'this share cannot be reached now; try again later'],
};

export interface RefusedVisit {
  readonly refusal: ShareRefusal;
  readonly prefix: readonly string[];
  /** The request is the form of the password's page. */
  readonly isForm: boolean;
}

/** Answers a request that a share does not let in. A person who opens it gets a page that asks for the password. */
export function refuseVisit(request: IncomingMessage, response: ServerResponse, visit: RefusedVisit): void {
  const { refusal, prefix, isForm } = visit;
  const [status, message] = ANSWERS[refusal.refused];
  const headers = headersOf(request, refusal);
  if (isForm ? isAboutPassword(refusal) : refusal.refused === 'password' && isOpened(request.headers)) {
    const language = languageFor(request.headers);
    const problem = isForm ? problemOf(refusal, wordsIn(language)) : undefined;
    sendPasswordPage(response, { status, language, headers, problem });
    return;
  }
  const place = { prefix, part: 'unknown', said: ({ refusal: said }: Words) => said[refusal.refused] } as const;
  const error = errorRendererFor(request, place)(new DavError(status, message));
  response.writeHead(status, {
    ...headers,
    'Content-Type': error.type,
    'Content-Length': Buffer.byteLength(error.body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...error.headers,
  });
  response.end(error.body);
}

function isAboutPassword({ refused }: ShareRefusal): boolean {
  return refused === 'password' || refused === 'guessing' || refused === 'busy';
}

function problemOf(refusal: ShareRefusal, { password: words, error }: Words): string | undefined {
  if ('retryAfterSeconds' in refusal) {
    const { refused, retryAfterSeconds } = refusal;
    return `${refused === 'guessing' ? words.tooMany : words.busy} ${error.again(String(retryAfterSeconds))}`;
  }
  return refusal.refused === 'password' && !refusal.isMissing ? words.wrong : undefined;
}

function headersOf(request: IncomingMessage, refusal: ShareRefusal): Record<string, string> {
  if ('retryAfterSeconds' in refusal) {
    return { 'Retry-After': String(refusal.retryAfterSeconds) };
  }
  // Finder expects it on the challenge.
  return refusal.refused === 'password' ? { 'WWW-Authenticate': challengeOf(request, refusal.share), DAV: '1, 3' } : {};
}

/**
 * A 401 has a challenge (RFC 9110 §15.5.2), and each share a realm of its own, so that no program sends the password of
 * another share, or of a user. For Basic a browser would ask by itself, with a field for a name, in front of our page or
 * in the midst of the app. Of a scheme that it does not know it shows the page, and password managers learn by the
 * status that the password was wrong. The name of the scheme is that of draft-broyer-http-cookie-auth.
 */
function challengeOf({ headers }: IncomingMessage, share: string): string {
  const isOurPage = headers['sec-fetch-site'] === 'same-origin' && headers.authorization === undefined;
  const realm = `realm="Share ${share}"`;
  return isOurPage || isOpened(headers) ? `Cookie ${realm}` : `Basic ${realm}, charset="UTF-8"`;
}
