import type { EntryTimes } from '../../drive/drive.ts';
import type { RequestHeaders } from '../../lib/headers.ts';
import { parseUnixTime } from './dates.ts';

/** `X-OC-Mtime` and `X-OC-CTime` of ownCloud, Nextcloud and rclone: Unix seconds, sometimes with a fraction. What is no number is not there. */
export function parseOcTimes(headers: RequestHeaders): EntryTimes {
  return { modified: parseSeconds(headers['x-oc-mtime']), created: parseSeconds(headers['x-oc-ctime']) };
}

/** How the client hears which of its times were kept: those that the entry has now. Others would be sent again by the next sync, for ever. */
export function acceptedTimes({ modified, created }: EntryTimes, kept: Required<EntryTimes>): Record<string, string> {
  return {
    ...(isKept(modified, kept.modified) ? { 'X-OC-Mtime': 'accepted' } : {}),
    ...(isKept(created, kept.created) ? { 'X-OC-CTime': 'accepted' } : {}),
  };
}

/** To the second, which is what clients see (RFC 9110 §5.6.7). */
function isKept(wanted: Date | undefined, kept: Date): boolean {
  return wanted !== undefined && Math.floor(wanted.getTime() / 1000) === Math.floor(kept.getTime() / 1000);
}

function parseSeconds(header: string | string[] | undefined): Date | undefined {
  return typeof header === 'string' ? parseUnixTime(header.trim()) : undefined;
}
