import type { CallGraph } from './client.ts';
import type { ConflictBehavior } from './items.ts';
import { type DriveItem, normalizeItem } from './normalize.ts';
import type { ByteSource } from './transport.ts';
import type { WireItem } from './types.ts';
import { type ItemPlace, itemPath } from './urls.ts';

/**
 * Creates or replaces a small file in one request (Graph docs, "Upload small files"). `place` ends in the file's name.
 * Returns undefined when Graph left the item out.
 */
export async function putContent(
  call: CallGraph,
  place: ItemPlace,
  { bytes, conflict }: { bytes: ByteSource; conflict: ConflictBehavior },
  signal: AbortSignal,
): Promise<DriveItem | undefined> {
  const path = `${itemPath(place, 'content')}?@microsoft.graph.conflictBehavior=${conflict}`;
  const { json } = await call({
    method: 'PUT',
    path,
    bytes,
    success: [200, 201],
    isKnown: true,
    isReplacing: conflict === 'replace',
    signal,
  });
  return json === undefined ? undefined : normalizeItem(json as WireItem);
}
