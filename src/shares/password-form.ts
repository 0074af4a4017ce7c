import type { IncomingMessage, ServerResponse } from 'node:http';
import { isFromOwnPage } from '../lib/own-page.ts';
import { readBody } from '../lib/read-body.ts';
import { DavError } from '../webdav/errors.ts';

/** Many times the longest password. */
const MAX_FORM_BYTES = 16 * 1024;

export interface FormOrigin {
  readonly hosts: readonly string[];
  readonly isSecure: boolean;
  readonly publicUrls: readonly string[];
}

/** Tells whether a request is the form with the password of a share: no other POST there is of this kind. */
export function isPasswordForm({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  return method === 'POST' && /^application\/x-www-form-urlencoded\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/** Reads the password of the form. Throws 403 for a form of another page, which could guess through many browsers; 413. */
export async function readPassword(
  request: IncomingMessage,
  response: ServerResponse,
  { hosts, isSecure, publicUrls }: FormOrigin,
): Promise<string> {
  const own = { publicUrls, hosts: [...hosts, (request.headers.host ?? '').toLowerCase()], isSecure };
  if (!isFromOwnPage(request.headers, own, { takesPrograms: false })) {
    throw new DavError(403, 'another page has sent this form; programs send the password by Basic');
  }
  const text = await readBody(request, response, MAX_FORM_BYTES);
  if (text === undefined) {
    throw new DavError(413, 'this form is too long');
  }
  return new URLSearchParams(text).get('password') ?? '';
}

/** Returns the request as it would be with the password by Basic (RFC 7617), and without a cookie. */
export function withPassword(
  { method, headers, socket }: Pick<IncomingMessage, 'method' | 'headers' | 'socket'>,
  password: string,
): Pick<IncomingMessage, 'method' | 'headers' | 'socket'> {
  const { cookie: _, authorization: __, ...others } = headers;
  // Nobody has an empty password; to send none is no guess.
  const basic =
    password === '' ? {} : { authorization: `Basic ${Buffer.from(`guest:${password}`).toString('base64')}` };
  return { method, headers: { ...others, ...basic }, socket };
}
