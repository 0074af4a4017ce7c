import type { DownloadWay } from '../policy.ts';
import { atDownloadProxy } from './download-proxy.ts';
import type { Locate } from './location.ts';
import { here } from './proxy.ts';
import { atContentHost } from './redirect.ts';

/** The target of each way. A way without a line does not compile. */
export const LOCATIONS = {
  redirect: atContentHost,
  'download-proxy': atDownloadProxy,
  proxy: here,
} satisfies Record<DownloadWay, Locate>;
