import type { ServerResponse } from 'node:http';
import { DavError } from '../errors.ts';
import type { DavRequest } from '../request.ts';

/**
 * REPORT (RFC 3253 §3.6): the server has no reports, and says so by the condition that the RFC names. 404 where nothing
 * exists.
 */
export async function report({ drive, path, signal }: DavRequest, _response: ServerResponse): Promise<void> {
  await drive.stat(path, { signal });
  throw new DavError(403, 'this server supports no reports', { condition: 'supported-report' });
}
