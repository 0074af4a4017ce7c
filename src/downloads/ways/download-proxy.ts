import { proxyUrlFor } from '../proxy-url.ts';
import type { LocationParts } from './location.ts';

/** Without a proxy nothing leaves here: the pre-authenticated URL is not what the operator has chosen. */
export async function atDownloadProxy({ file, address, proxy, now }: LocationParts): Promise<string | undefined> {
  if (proxy === undefined) {
    return undefined;
  }
  // A download proxy asks for the address itself; a file that has none is nowhere but here.
  const url = await address();
  return url === undefined
    ? undefined
    : proxyUrlFor({ names: file.names, id: file.entry.id, url: async () => url }, proxy, now);
}
