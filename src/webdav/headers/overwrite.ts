import { DavError } from '../errors.ts';

/** RFC 4918 §10.6: true unless the client sends F. Throws 400. */
export function parseOverwrite(header: string | undefined): boolean {
  const value = header?.trim().toUpperCase() ?? 'T';
  if (value !== 'T' && value !== 'F') {
    throw new DavError(400, 'the Overwrite header must be T or F');
  }
  return value === 'T';
}
