import { lookup } from 'mime-types';

/** Returns the media type that the service derives from a file's extension. */
export function mimeTypeOf(name: string): string {
  return lookup(name) || 'application/octet-stream';
}
