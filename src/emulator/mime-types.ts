import { lookup } from 'mime-types';

/** What the service decides a file's media type to be: by its extension. */
export function mimeTypeOf(name: string): string {
  return lookup(name) || 'application/octet-stream';
}
