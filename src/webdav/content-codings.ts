import type { IncomingMessage } from 'node:http';
import { DavError } from './errors.ts';

/**
 * Refuses a coded body (`Content-Encoding: gzip`). The stored bytes must be the file itself: its coding would be
 * forgotten and could not be undone later (docs/decisions/0007). The answer says which coding is accepted (RFC 9110
 * §12.5.3). Throws 415.
 */
export function refuseCodings({ headers }: IncomingMessage): void {
  const codings = (headers['content-encoding'] ?? '').split(',').map(coding => coding.trim().toLowerCase());
  if (codings.some(coding => coding !== '' && coding !== 'identity')) {
    throw new DavError(415, 'a request body must not be compressed', { headers: { 'Accept-Encoding': 'identity' } });
  }
}
