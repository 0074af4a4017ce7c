import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../lib/loopback.ts';
import { withoutPort } from '../lib/without-port.ts';

/** What the front door says of the way of a request. */
export interface VisitOrigin {
  /** The names of this server that trusted proxies state, besides the Host header. */
  readonly hosts: readonly string[];
  /** The names before those of the tree in the client's URLs. */
  readonly prefix: readonly string[];
  readonly isSecure: boolean;
}

/** This server's address, as the browser knows it. */
export interface Place {
  /** Of the tree of files, without a slash at the end: `https://files.example/dav`. */
  readonly root: string;
  /** Whether browsers keep our cookies there: over TLS, and on this machine. */
  readonly isSafe: boolean;
}

/**
 * Returns the public URL that the client uses, or the first one when the Host header, which anybody can write, is none
 * of them. Without public URLs, only this machine's own addresses count; others are undefined.
 */
export function placeOf(
  { headers }: Pick<IncomingMessage, 'headers'>,
  { hosts, prefix, isSecure }: VisitOrigin,
  publicUrls: readonly string[],
): Place | undefined {
  const given = [...hosts, (headers.host ?? '').toLowerCase()];
  const urls = publicUrls.map(text => new URL(text));
  const url =
    urls.find(({ host }) => given.includes(host)) ??
    urls.find(({ hostname }) => given.some(host => withoutPort(host) === hostname)) ??
    urls[0];
  if (url !== undefined) {
    const isSafe = url.protocol === 'https:' || isLoopback(url.hostname);
    return { root: `${url.origin}${url.pathname.replace(/\/+$/, '')}`, isSafe };
  }
  const own = given.at(-1)!;
  const scheme = isSecure ? 'https' : 'http';
  return isLoopback(withoutPort(own)) ? { root: `${scheme}://${own}${pathOf(prefix)}`, isSafe: true } : undefined;
}

/** Returns the path of names, encoded, without a slash at the end; empty for the root. */
export function pathOf(names: readonly string[]): string {
  return names.map(name => `/${encodeURIComponent(name)}`).join('');
}
