import { isFromOwnPage as isFromOwn } from '../lib/own-page.ts';
import type { RequestPart } from './request.ts';

/**
 * Returns false for a request that a page of another site may have made with this user's credentials. Programs that are
 * no browsers say nothing of a page.
 */
export function isFromOwnPage(request: RequestPart<'raw' | 'hosts' | 'isSecure', 'publicUrls'>): boolean {
  const { raw, services, hosts, isSecure } = request;
  const { publicUrls } = services;
  const own = { publicUrls, hosts: [...hosts, (raw.headers.host ?? '').toLowerCase()], isSecure };
  return isFromOwn(raw.headers, own, { takesPrograms: true });
}
