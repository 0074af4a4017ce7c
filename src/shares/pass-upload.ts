import type { IncomingMessage, ServerResponse } from 'node:http';
import { DriveError } from '../drive/errors.ts';
import { toDrivePath } from '../drive/path.ts';
import { decodeUrlPath } from '../lib/url-path.ts';
import { DavError } from '../webdav/errors.ts';
import type { ShareVisit } from './share-door.ts';
import { sendUploadPage } from './upload-page.ts';

/** The methods of a share that takes uploads. Locks are for clients that write only where they can lock. */
const METHODS = ['OPTIONS', 'GET', 'HEAD', 'PUT', 'MKCOL', 'PROPFIND', 'PROPPATCH', 'LOCK', 'UNLOCK'];
const ALLOW = METHODS.join(', ');
/** They may only touch what the client has put there itself. */
const ON_OWN = ['LOCK', 'PROPPATCH'];

/**
 * Decides which requests to a share that takes uploads go on to WebDAV; returns false for one that it has answered.
 * `UploadDrive` refuses what WebDAV may not do; this refuses the methods that have no place here at all.
 */
export async function passUpload(
  request: IncomingMessage,
  response: ServerResponse,
  {
    share,
    uploads,
    origin,
  }: ShareVisit & { readonly origin: { readonly isSecure: boolean; readonly prefix: readonly string[] } },
): Promise<boolean> {
  const { method = '', url = '/', headers } = request;
  if (!METHODS.includes(method)) {
    throw new DavError(403, 'this share only takes new files', { headers: { Allow: ALLOW } });
  }
  if (method === 'OPTIONS') {
    response
      .writeHead(200, { Allow: ALLOW, DAV: '1, 2, 3, extended-mkcol', 'MS-Author-Via': 'DAV', 'Content-Length': '0' })
      .end();
    return false;
  }
  const path = toDrivePath(decodeUrlPath(url).names);
  if (ON_OWN.includes(method) && !(await uploads!.isOwnOrFree(path, { signal: AbortSignal.timeout(60_000) }))) {
    throw new DriveError('forbidden', 'this share only takes new files');
  }
  const isPage = (method === 'GET' || method === 'HEAD') && path.length === 1 && !url.includes('?');
  if (isPage && /\btext\/html\b/i.test(headers.accept ?? '')) {
    const host = headers.host ?? 'localhost';
    sendUploadPage(response, {
      name: share.names.at(-1)!,
      base: urlOf({ ...origin, host }, path[0]!),
      hasPassword: share.passwordHash !== undefined,
    });
    return false;
  }
  return true;
}

function urlOf(
  { isSecure, host, prefix }: { isSecure: boolean; host: string; prefix: readonly string[] },
  token: string,
): string {
  const path = [...prefix, token].map(encodeURIComponent).join('/');
  return `${isSecure ? 'https' : 'http'}://${host}/${path}/`;
}
