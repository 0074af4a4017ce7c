import type { ServerResponse } from 'node:http';
import { isDriveError } from '../../drive/errors.ts';
import { checkConditions, hasConditions, statOrNull } from '../check-conditions.ts';
import { DavError } from '../errors.ts';
import type { DavRequest } from '../request.ts';
import { sendEmpty } from '../respond.ts';

/** MKCOL (RFC 4918 §9.3): 201; 405 when something is there, 409 without a parent, 415 with a body that we do not understand. */
export async function mkcol(request: DavRequest, response: ServerResponse): Promise<void> {
  const { drive, path, signal, raw } = request;
  if (raw.headers['transfer-encoding'] !== undefined || Number(raw.headers['content-length'] ?? 0) > 0) {
    throw new DavError(415, 'MKCOL takes no body');
  }
  if (hasConditions(request)) {
    await checkConditions(request, await statOrNull(request, path));
  }
  try {
    await drive.makeFolder(path, { signal });
  } catch (error) {
    if (isDriveError(error, 'exists')) {
      throw new DavError(405, error.message, {
        headers: { Allow: 'OPTIONS, HEAD, GET, PUT, PROPFIND, DELETE, COPY, MOVE' },
        cause: error,
      });
    }
    throw error;
  }
  sendEmpty(response, 201);
}
