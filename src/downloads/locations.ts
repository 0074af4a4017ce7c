import type { Entry } from '../drive/entry.ts';
import type { DownloadWay } from './policy.ts';
import { type ProxyUrlOptions, proxyUrlFor } from './proxy-url.ts';

/** What the URL of a file is made of. */
export interface LocationParts {
  readonly file: { readonly names: readonly string[]; readonly entry: Entry };
  /** The pre-authenticated URL; undefined when the file has none. Throws what the drive throws. */
  readonly address: () => Promise<string | undefined>;
  readonly customHost: string | undefined;
  readonly proxy: ProxyUrlOptions | undefined;
  /** Milliseconds. */
  readonly now: number;
}

/** Where each way sends a client; undefined keeps the bytes here. A way without a line does not compile. */
export const LOCATIONS = {
  proxy: async () => undefined,
  redirect: atContentHost,
  'download-proxy': atDownloadProxy,
} satisfies Record<DownloadWay, (parts: LocationParts) => Promise<string | undefined>>;

/** The operator's edge, where there is one, passes path and query on as they are, to the letter. */
async function atContentHost({ address, customHost }: LocationParts): Promise<string | undefined> {
  const url = await address();
  return customHost === undefined ? url : url?.replace(/^https?:\/\/[^/]+/, customHost);
}

/** Without a proxy nothing leaves here: the pre-authenticated URL is not what the operator has chosen. */
async function atDownloadProxy({ file, address, proxy, now }: LocationParts): Promise<string | undefined> {
  if (proxy === undefined) {
    return undefined;
  }
  // A download proxy asks for the address itself; a file that has none is nowhere but here.
  const url = await address();
  return url === undefined
    ? undefined
    : proxyUrlFor({ names: file.names, id: file.entry.id, url: async () => url }, proxy, now);
}
