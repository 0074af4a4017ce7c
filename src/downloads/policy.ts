/**
 * The ways of a file's bytes to a client: a redirect to Microsoft, through this server, or a redirect to the operator's
 * proxy.
 */
export const DOWNLOAD_WAYS = ['redirect', 'proxy', 'download-proxy'] as const;
export type DownloadWay = (typeof DOWNLOAD_WAYS)[number];

/** The operator's policy: one way for everybody, or `auto`, which depends on the client. */
export const DOWNLOAD_POLICIES = ['auto', ...DOWNLOAD_WAYS] as const;
export type DownloadPolicy = (typeof DOWNLOAD_POLICIES)[number];

interface WayTraits {
  /** Of two ways the one with the larger number counts: 0 redirects the client unconditionally. */
  readonly strictness: number;
  /** The client is redirected to another host, so every objection to a redirect applies. */
  readonly leadsAway: boolean;
  /** The way needs a URL in `downloads.proxy.urls`. */
  readonly needsProxy: boolean;
}

/** The traits of each way. A way without a line does not compile. */
export const WAY_TRAITS = {
  redirect: { strictness: 0, leadsAway: true, needsProxy: false },
  'download-proxy': { strictness: 1, leadsAway: true, needsProxy: true },
  proxy: { strictness: 2, leadsAway: false, needsProxy: false },
} as const satisfies Record<DownloadWay, WayTraits>;
