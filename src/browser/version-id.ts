import { BrowserError } from './errors.ts';

/** Graph's are a few digits. */
const MAX_LENGTH = 100;

/** Returns the id of a version as a client has sent it. Throws 400. */
export function versionIdOf(value: unknown): string {
  if (typeof value !== 'string' || value === '' || value.length > MAX_LENGTH) {
    throw new BrowserError(400, 'bad-request', 'id must be the id of a version');
  }
  return value;
}
