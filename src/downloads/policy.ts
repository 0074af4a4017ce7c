/** How a file's bytes reach a client: a redirect to Microsoft, through us, or a redirect to the operator's proxy. */
export const DOWNLOAD_WAYS = ['redirect', 'proxy', 'download-proxy'] as const;
export type DownloadWay = (typeof DOWNLOAD_WAYS)[number];

/** How the operator wants bytes to travel: one way for everybody; `auto` goes by the client. */
export const DOWNLOAD_POLICIES = ['auto', ...DOWNLOAD_WAYS] as const;
export type DownloadPolicy = (typeof DOWNLOAD_POLICIES)[number];
