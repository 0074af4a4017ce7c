import { DavError } from '../errors.ts';

/**
 * Parses a Lock-Token header (RFC 4918 §10.5): one Coded-URL. Some Windows clients leave out the angle brackets
 * (sabre/dav, Locks plugin). Throws 400.
 */
export function parseLockToken(header: string | undefined): string {
  const token = /^\s*<?([^<>\s]+)>?\s*$/.exec(header ?? '')?.[1];
  if (token === undefined) {
    throw new DavError(400, 'the Lock-Token header is missing or is not one token (RFC 4918 §10.5)');
  }
  return token;
}
