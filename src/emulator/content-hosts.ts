import type { Settings } from './options.ts';

/** Content hosts that belong to no tenant; their assignment is not documented. */
const SHARED_HOSTS = {
  'svc.ms': 'northeurope1-mediap.svc.ms',
  microsoftpersonalcontent: 'my.microsoftpersonalcontent.com',
} as const;

/**
 * The host of thumbnails, whichever host serves the files (Graph docs, samples of "List thumbnails for a DriveItem").
 */
export const THUMBNAIL_HOST = SHARED_HOSTS['svc.ms'];

/** The host of a drive's download URLs. */
export function contentHostOf({ contentHost }: Settings, siteHost: string): string {
  return contentHost === 'sharepoint' ? siteHost : SHARED_HOSTS[contentHost];
}

export function isSharedContentHost(host: string): boolean {
  return /\.svc\.ms$|\.microsoftpersonalcontent\.com$/.test(host);
}
