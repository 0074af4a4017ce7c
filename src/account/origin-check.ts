import type { IncomingMessage } from 'node:http';
import { isForeignRead, isFromOwnPage as isFromOwn } from '../lib/own-page.ts';
import type { Place } from './place.ts';

/**
 * Tells whether a request may come from one of our own pages. A script of another page, also of one that `listen.cors`
 * names for WebDAV, is refused whatever it asks for. A form must say that it is ours.
 */
export function isFromOwnPage({ method, headers }: IncomingMessage, { root }: Place): boolean {
  const own = { publicUrls: [root], hosts: [], isSecure: false };
  return method === 'POST' ? isFromOwn(headers, own, { takesPrograms: false }) : !isForeignRead(headers, own);
}
