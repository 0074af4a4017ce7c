import type { EntryTimes } from '../../drive/drive.ts';
import type { RequestHeaders } from '../../lib/headers.ts';
import { parseUnixTime } from './dates.ts';

/**
 * `X-OC-Mtime` and `X-OC-CTime` of ownCloud, Nextcloud and rclone: Unix seconds, sometimes with a fraction. A value
 * that is not a number is ignored.
 */
export function parseOcTimes(headers: RequestHeaders): EntryTimes {
  return { modified: parseSeconds(headers['x-oc-mtime']), created: parseSeconds(headers['x-oc-ctime']) };
}

/**
 * The headers that tell a client which of its times were kept: those that the entry has now. A sync client sends the
 * other times again and again.
 */
export function acceptedTimes({ modified, created }: EntryTimes, kept: Required<EntryTimes>): Record<string, string> {
  return {
    ...(isKept(modified, kept.modified) ? { 'X-OC-Mtime': 'accepted' } : {}),
    ...(isKept(created, kept.created) ? { 'X-OC-CTime': 'accepted' } : {}),
  };
}

/** True when both times are in the same second. Clients see times in seconds (RFC 9110 §5.6.7). */
function isKept(wanted: Date | undefined, kept: Date): boolean {
  return wanted !== undefined && Math.floor(wanted.getTime() / 1000) === Math.floor(kept.getTime() / 1000);
}

function parseSeconds(header: string | string[] | undefined): Date | undefined {
  return typeof header === 'string' ? parseUnixTime(header.trim()) : undefined;
}
