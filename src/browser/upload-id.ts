import { BrowserError } from './errors.ts';

/** 128 bits in base64url. */
const ID = /^[\w-]{22}$/;

/** Returns the id of an upload as a client has sent it. Throws 400. */
export function uploadIdOf({ id }: Readonly<Record<string, unknown>>): string {
  if (typeof id !== 'string' || !ID.test(id)) {
    throw new BrowserError(400, 'bad-request', 'id must be the id of an upload');
  }
  return id;
}
