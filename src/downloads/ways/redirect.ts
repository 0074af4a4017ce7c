import type { LocationParts } from './location.ts';

/** OneDrive's content host, or the operator's edge, which passes path and query on as they are, to the letter. */
export async function atContentHost({ address, customHost }: LocationParts): Promise<string | undefined> {
  const url = await address();
  return customHost === undefined ? url : url?.replace(/^https?:\/\/[^/]+/, customHost);
}
