import { headerOf } from '../webdav/request.ts';
import type { BrowserRequest } from './request.ts';

/** A smaller file is one request through this server, and at least three without it. */
const MIN_DIRECT_BYTES = 4 * 1024 * 1024;

/** Returns true when the mount and the user let large files go straight to OneDrive. */
export function mayGoDirect({ services, userPolicy, names, raw }: BrowserRequest): boolean {
  return services.downloads.leadsAway({ userPolicy, names, userAgent: headerOf(raw, 'user-agent') ?? '' });
}

export function isWorthDirect(size: number): boolean {
  return size > MIN_DIRECT_BYTES;
}
