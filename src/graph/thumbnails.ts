import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import type { WireThumbnailSet } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/**
 * Returns the pre-authenticated URL of an item's picture in a named size; undefined when it has none (Graph docs, "List
 * thumbnails for a DriveItem"). A single thumbnail that is missing is answered as a missing item is, the list is not.
 */
export async function thumbnailUrl(
  call: CallGraph,
  place: ItemPlace,
  size: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { json } = await call({ method: 'GET', path: itemPath(place, 'thumbnails'), isKnown: true, signal });
  const sets = (json as { value?: readonly WireThumbnailSet[] } | undefined)?.value;
  if (!Array.isArray(sets)) {
    throw new GraphError('protocol', 'Graph returned thumbnails without their value');
  }
  const [set] = sets as readonly WireThumbnailSet[];
  return set?.[size]?.url;
}
