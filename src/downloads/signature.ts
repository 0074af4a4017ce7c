import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The signature that AList and OpenList put into `sign=`: base64url with padding of HMAC-SHA256 over `path:expires`, a colon, and `expires`
 * (Unix seconds; 0 is never). `path` is decoded and whole, from the root of the WebDAV tree.
 */
export function signPath(path: string, expires: number, key: string): string {
  const hash = createHmac('sha256', key).update(`${path}:${expires}`).digest('base64');
  return `${hash.replaceAll('+', '-').replaceAll('/', '_')}:${expires}`;
}

export type Verdict = 'valid' | 'expired' | 'invalid';

/** Checks such a signature against every key that is valid now, in constant time. `now` is in Unix seconds. */
export function verifyPath(
  path: string,
  signature: string,
  options: { keys: readonly string[]; now: number },
): Verdict {
  const expires = Number(/:(\d{1,15})$/.exec(signature)?.[1] ?? Number.NaN);
  if (!Number.isSafeInteger(expires)) {
    return 'invalid';
  }
  const given = Buffer.from(signature);
  // Each key is tried, so that how long it takes does not tell which of them fits.
  const fits = options.keys.map(key => isEqual(given, Buffer.from(signPath(path, expires, key))));
  if (!fits.includes(true)) {
    return 'invalid';
  }
  return expires !== 0 && expires < options.now ? 'expired' : 'valid';
}

/** What a URL template's `{signature}` stands for: it binds the method, the path and the time, and has no character that needs escaping. */
export function signRequest(method: string, path: string, expires: number, key: string): string {
  return createHmac('sha256', key).update(`${method}\n${path}\n${expires}`).digest('base64url');
}

/** Compares two secrets in a time that does not tell where they differ. */
export function isSameSecret(given: string, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}

function isEqual(given: Buffer, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(given, expected);
}
