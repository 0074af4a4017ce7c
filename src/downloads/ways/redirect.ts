import type { LocationParts } from './location.ts';

/** Returns the URL at OneDrive's content host, or at the operator's edge, which passes path and query on unchanged. */
export async function atContentHost({ address, customHost }: LocationParts): Promise<string | undefined> {
  const url = await address();
  return customHost === undefined ? url : url?.replace(/^https?:\/\/[^/]+/, customHost);
}
