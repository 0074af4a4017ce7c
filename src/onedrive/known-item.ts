import type { DrivePath } from '../drive/path.ts';
import { isItemAbsent } from '../graph/errors.ts';
import type { DriveItem } from '../graph/normalize.ts';
import { fromChangeError } from './from-graph-error.ts';
import type { Resolver } from './resolve.ts';

/**
 * Reads something of the item at `path` by its id. The cached id may be that of an item that another one has replaced
 * since: an absence is told only of the path.
 */
export async function withItem<T>(
  resolver: Resolver,
  path: DrivePath,
  { signal, read }: { signal: AbortSignal; read: (item: DriveItem) => Promise<T> },
): Promise<T> {
  const item = await resolver.item(path, signal);
  try {
    return await read(item);
  } catch (error) {
    if (!isItemAbsent(error)) {
      throw error;
    }
    const now = await resolver.fresh(path, signal);
    if (now.id === item.id) {
      throw fromChangeError(error);
    }
    return await read(now);
  }
}
