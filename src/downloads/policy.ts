/** How a file's bytes reach a client: a redirect to Microsoft, through us, or a redirect to the operator's proxy. */
export const DOWNLOAD_WAYS = ['redirect', 'proxy', 'download-proxy'] as const;
export type DownloadWay = (typeof DOWNLOAD_WAYS)[number];

/** How the operator wants bytes to travel: one way for everybody; `auto` goes by the client. */
export const DOWNLOAD_POLICIES = ['auto', ...DOWNLOAD_WAYS] as const;
export type DownloadPolicy = (typeof DOWNLOAD_POLICIES)[number];

interface WayTraits {
  /** Of two ways the one with the larger number counts: 0 sends the client away without a look. */
  readonly strictness: number;
  /** The client is sent to another host, so everything that speaks against a redirect speaks against the way. */
  readonly leadsAway: boolean;
  /** The way is of no use without a URL in `downloads.proxy.urls`. */
  readonly needsProxy: boolean;
}

/** What the ways have in common and in what they differ. A way without a line does not compile. */
export const WAY_TRAITS = {
  redirect: { strictness: 0, leadsAway: true, needsProxy: false },
  'download-proxy': { strictness: 1, leadsAway: true, needsProxy: true },
  proxy: { strictness: 2, leadsAway: false, needsProxy: false },
} as const satisfies Record<DownloadWay, WayTraits>;
