import { DavError } from '../errors.ts';

/** RFC 4918 §10.6: T unless the client says F. */
export function parseOverwrite(header: string | undefined): boolean {
  const value = header?.trim().toUpperCase() ?? 'T';
  if (value !== 'T' && value !== 'F') {
    throw new DavError(400, 'the Overwrite header must be T or F');
  }
  return value === 'T';
}
