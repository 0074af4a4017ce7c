import type { IncomingMessage, ServerResponse } from 'node:http';
import { DriveError } from '../drive/errors.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import type { ShareKind } from '../state/share-kind.ts';
import { DavError } from '../webdav/errors.ts';
import type { ShareVisit } from './share-door.ts';
import { sendUploadPage } from './upload-page.ts';

/**
 * The methods that have a place in a share. POST is for actions of the app that read. The locks of uploads are for
 * clients that write only where they can lock.
 */
const METHODS: Readonly<Record<ShareKind, readonly string[]>> = {
  read: ['OPTIONS', 'GET', 'HEAD', 'PROPFIND', 'REPORT', 'POST'],
  upload: ['OPTIONS', 'GET', 'HEAD', 'PUT', 'MKCOL', 'PROPFIND', 'PROPPATCH', 'LOCK', 'UNLOCK'],
};
const REFUSALS: Readonly<Record<ShareKind, string>> = {
  read: 'this share is for reading only',
  upload: 'this share only takes new files',
};
/** In a share that takes uploads they may only touch what the client has put there itself, or a free name. */
const ON_OWN = ['LOCK', 'PROPPATCH'];
const UPLOAD_OPTIONS = {
  Allow: METHODS.upload.join(', '),
  DAV: '1, 2, 3, extended-mkcol',
  'MS-Author-Via': 'DAV',
  'Content-Length': '0',
};

export interface Passing {
  readonly visit: ShareVisit;
  readonly origin: { readonly isSecure: boolean; readonly prefix: readonly string[] };
  readonly signal: AbortSignal;
}

/**
 * Decides which requests go on to WebDAV; returns false for one that it has answered. What a method may do there, the
 * drive decides; this refuses the methods that have no place in the share at all, whatever is at their path.
 */
export async function passMethod(
  request: IncomingMessage,
  response: ServerResponse,
  passing: Passing,
): Promise<boolean> {
  const { kind } = passing.visit.share;
  const { method = '', url = '/' } = request;
  if (!METHODS[kind].includes(method)) {
    throw new DavError(403, REFUSALS[kind], { headers: { Allow: METHODS[kind].join(', ') } });
  }
  return kind === 'read' || passUpload(request, response, { ...passing, path: toDrivePath(decodeUrlPath(url).names) });
}

async function passUpload(
  { method = '', url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  { visit, origin, signal, path }: Passing & { readonly path: DrivePath },
): Promise<boolean> {
  if (method === 'OPTIONS') {
    response.writeHead(200, UPLOAD_OPTIONS).end();
    return false;
  }
  if (ON_OWN.includes(method) && !(await visit.uploads!.isOwnOrFree(path, { signal }))) {
    throw new DriveError('forbidden', REFUSALS.upload);
  }
  const isPage = (method === 'GET' || method === 'HEAD') && path.length === 1 && !url.includes('?');
  if (isPage && /\btext\/html\b/i.test(headers.accept ?? '')) {
    const { names, passwordHash } = visit.share;
    const base = urlOf({ ...origin, host: headers.host ?? 'localhost' }, path[0]!);
    sendUploadPage(response, { name: names.at(-1)!, base, hasPassword: passwordHash !== undefined });
    return false;
  }
  return true;
}

function urlOf({ isSecure, host, prefix }: Passing['origin'] & { readonly host: string }, token: string): string {
  const path = [...prefix, token].map(encodeURIComponent).join('/');
  return `${isSecure ? 'https' : 'http'}://${host}/${path}/`;
}
