import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * Returns the signature that AList and OpenList put into `sign=`: base64url with padding of HMAC-SHA256 over
 * `path:expires`, a colon, and `expires` (Unix seconds; 0 is never). `path` is decoded and complete, from the root of
 * the WebDAV tree.
 */
export function signPath(path: string, expires: number, key: string): string {
  const hash = createHmac('sha256', key).update(`${path}:${expires}`).digest('base64');
  return `${hash.replaceAll('+', '-').replaceAll('/', '_')}:${expires}`;
}

/**
 * Returns the `{signature}` of a URL template: it binds the method, the path and the time, and contains no character
 * that needs escaping.
 */
export function signRequest(method: string, path: string, expires: number, key: string): string {
  return createHmac('sha256', key).update(`${method}\n${path}\n${expires}`).digest('base64url');
}

/** Compares two secrets in a time that does not reveal where they differ. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
