import type { IncomingMessage, ServerResponse } from 'node:http';
import { DriveError } from '../drive/errors.ts';
import { type DrivePath, toDrivePath } from '../drive/path.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import type { ShareKind } from '../state/share-kind.ts';
import { DavError } from '../webdav/errors.ts';
import { isFileForm } from './form-files.ts';
import type { ShareVisit } from './share-door.ts';
import { sendUploadPage, type UploadPage } from './upload-page.ts';

/**
 * The methods that have a place in a share. POST is for actions of the app that read, and for the form of a share that
 * takes uploads. The locks of uploads are for clients that write only where they can lock.
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
  readonly signal: AbortSignal;
  /** Returns the page of a share that takes uploads, which is at the path of the request. */
  readonly uploadPage: (request: IncomingMessage, visit: ShareVisit) => UploadPage;
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
  const isForm = kind === 'upload' && method === 'POST' && isRoot(url) && isFileForm(request);
  if (!METHODS[kind].includes(method) && !isForm) {
    throw new DavError(403, REFUSALS[kind], { headers: { Allow: METHODS[kind].join(', ') } });
  }
  return kind === 'read' || passUpload(request, response, { ...passing, path: toDrivePath(decodeUrlPath(url).names) });
}

async function passUpload(
  request: IncomingMessage,
  response: ServerResponse,
  { visit, signal, path, uploadPage }: Passing & { readonly path: DrivePath },
): Promise<boolean> {
  const { method = '', url = '/', headers } = request;
  if (method === 'OPTIONS') {
    response.writeHead(200, UPLOAD_OPTIONS).end();
    return false;
  }
  if (ON_OWN.includes(method) && !(await visit.uploads!.isOwnOrFree(path, { signal }))) {
    throw new DriveError('forbidden', REFUSALS.upload);
  }
  const isPage = (method === 'GET' || method === 'HEAD') && isRoot(url.replace(/\?view=plain$/, ''));
  if (isPage && /\btext\/html\b/i.test(headers.accept ?? '')) {
    sendUploadPage(response, uploadPage(request, visit));
    return false;
  }
  return true;
}

function isRoot(url: string): boolean {
  return !url.includes('?') && decodeUrlPath(url).names.length === 1;
}
