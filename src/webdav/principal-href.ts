import { encodeHref } from './href.ts';
import type { DavRequest } from './request.ts';

/** The names above all principals. No mount is called `-`. */
const ABOVE = ['-', 'users'];

/** The URL of the principal (RFC 3744 §2) of the user who asks. */
export function principalHref({ user, prefix }: Pick<DavRequest, 'user' | 'prefix'>): string {
  return encodeHref([...prefix, ...ABOVE, user], 'folder');
}

/** Like `principalHref`; undefined for somebody who is nobody's user. */
export function ownPrincipalHref(request: Pick<DavRequest, 'user' | 'prefix' | 'part'>): string | undefined {
  return request.part === undefined ? principalHref(request) : undefined;
}

/** True for the URLs of principals, whether there is such a user or not. */
export function isPrincipalPath({ names }: Pick<DavRequest, 'names'>): boolean {
  return ABOVE.every((name, index) => names[index] === name);
}

/** True for the URL of the user's own principal. Nobody can see another user's. */
export function isOwnPrincipal({ names, user }: Pick<DavRequest, 'names' | 'user'>): boolean {
  return names.length === ABOVE.length + 1 && names.at(-1) === user;
}
