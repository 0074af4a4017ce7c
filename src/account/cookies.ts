import type { IncomingMessage } from 'node:http';

/**
 * `__Host-`: browsers take and send such a cookie only for this very host, over TLS or on this machine, so that no
 * other host can plant one (RFC 6265bis §4.1.3.2). The account pages are below any base path; the prefix demands
 * `Path=/`.
 */
const PREFIX = '__Host-onedrive-webdav-';
export type CookieName = 'session' | 'sign-in';

/** Returns the value of a cookie; undefined when there is none, or more than one. */
export function readCookie({ headers }: Pick<IncomingMessage, 'headers'>, name: CookieName): string | undefined {
  const values = (headers.cookie ?? '')
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair.startsWith(`${PREFIX}${name}=`))
    .map(pair => pair.slice(pair.indexOf('=') + 1));
  return values.length === 1 ? values[0] : undefined;
}

/** Returns the `Set-Cookie` header. `Lax`: the callback comes from the provider's page. */
export function setCookie(name: CookieName, value: string, maxAgeSeconds: number): string {
  return `${PREFIX}${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`;
}

export function dropCookie(name: CookieName): string {
  return setCookie(name, '', 0);
}
