import type { Door } from './door.ts';
import type { User } from './user.ts';

/** The methods that change nothing, of those that the server knows (RFC 4918 §9, RFC 3253 §3.6). */
const READING = new Set(['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT']);

/**
 * Creates the door for requests without credentials, which are this user's as long as they read what the user may see
 * (docs/decisions/0025). Other requests are not: they get the challenge, so that clients that send credentials only when
 * they are asked can sign in. `isOpen` gets the request's target.
 */
export function createAnonymousDoor(user: User, isOpen: (target: string) => boolean): Door {
  const verdict = Promise.resolve({ user });
  return ({ headers, method = '', url = '/' }) =>
    headers.authorization === undefined && READING.has(method) && isOpen(url) ? verdict : undefined;
}
