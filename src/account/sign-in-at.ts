import type { IncomingMessage } from 'node:http';
import { isOpened } from '../lib/own-page.ts';
import { type Place, pathOf } from './place.ts';

/** Longer addresses are forgotten on the way: each sign-in under way keeps one. */
const MAX_LENGTH = 1_000;
/** `?sign-in=basic`: the person wants to sign in with a name and a password. */
const WANTS_BASIC = /[?&]sign-in=basic(&|$)/;

/** As in `AccountPages`. Programs that only want HTML get the challenge, as ever (Fetch Metadata: `navigate`). */
export function signInAt(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  { url, prefix }: { readonly url: string; readonly prefix: readonly string[] },
): string | undefined {
  if (method !== 'GET' || !isOpened(headers) || headers.authorization !== undefined || WANTS_BASIC.test(url)) {
    return undefined;
  }
  const base = pathOf(prefix);
  const wanted = `${base}${url}`;
  return `${base}/-/account/${wanted.length > MAX_LENGTH ? '' : `?${new URLSearchParams({ for: wanted })}`}`;
}

/** Returns the path and query that a text names on this server; undefined for an address elsewhere. */
export function placeInTree(text: string | null, { root }: Place): string | undefined {
  if (text === null || !text.startsWith('/') || text.length > MAX_LENGTH) {
    return undefined;
  }
  const url = URL.parse(text, root);
  return url !== null && url.origin === new URL(root).origin ? `${url.pathname}${url.search}` : undefined;
}
