import type { IncomingMessage } from 'node:http';
import { DavError } from './errors.ts';

/**
 * Refuses a body that is coded (`Content-Encoding: gzip`): what is stored must be the file, and a coding that was forgotten could not be undone
 * (docs/decisions/0007). Says what would be taken (RFC 9110 §12.5.3). Throws 415.
 */
export function refuseCodings({ headers }: IncomingMessage): void {
  const codings = (headers['content-encoding'] ?? '').split(',').map(coding => coding.trim().toLowerCase());
  if (codings.some(coding => coding !== '' && coding !== 'identity')) {
    throw new DavError(415, 'a request body must not be compressed', { headers: { 'Accept-Encoding': 'identity' } });
  }
}
