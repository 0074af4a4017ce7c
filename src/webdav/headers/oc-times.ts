import type { EntryTimes } from '../../drive/drive.ts';
import type { RequestHeaders } from '../../lib/headers.ts';
import { parseUnixTime } from './dates.ts';

/** `X-OC-Mtime` and `X-OC-CTime` of ownCloud, Nextcloud and rclone: Unix seconds, sometimes with a fraction. What is no number is not there. */
export function parseOcTimes(headers: RequestHeaders): EntryTimes {
  return { modified: parseSeconds(headers['x-oc-mtime']), created: parseSeconds(headers['x-oc-ctime']) };
}

/** How the client hears that its times were kept. */
export function acceptedTimes({ modified, created }: EntryTimes): Record<string, string> {
  return {
    ...(modified === undefined ? {} : { 'X-OC-Mtime': 'accepted' }),
    ...(created === undefined ? {} : { 'X-OC-CTime': 'accepted' }),
  };
}

function parseSeconds(header: string | string[] | undefined): Date | undefined {
  return typeof header === 'string' ? parseUnixTime(header.trim()) : undefined;
}
