import { proxyUrlFor } from '../proxy-url.ts';
import type { LocationParts } from './location.ts';

/**
 * Returns the URL at the download proxy. Without a proxy the client is not redirected: the operator has not chosen the
 * pre-authenticated URL.
 */
export async function atDownloadProxy({ file, address, proxy, now }: LocationParts): Promise<string | undefined> {
  if (proxy === undefined) {
    return undefined;
  }
  // A download proxy requests the address itself; a file without one exists only on this server.
  const url = await address();
  return url === undefined
    ? undefined
    : proxyUrlFor({ names: file.names, id: file.entry.id, url: async () => url }, proxy, now);
}
