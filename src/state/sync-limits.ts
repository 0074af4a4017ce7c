import type { SyncPath } from './sync-store.ts';

export interface SyncLimits {
  /** Names in all journals together; beyond it the journals least recently used go. */
  readonly maxNames: number;
  /** Milliseconds after which an unused journal is dropped. */
  readonly unusedMs: number;
  /** Members of one journal that are gone; beyond it the older half is forgotten. */
  readonly maxGone: number;
}

/** A million names take some 600 MB of the disk. A client that was away for two months may begin anew. */
export const SYNC_LIMITS: SyncLimits = { maxNames: 1_000_000, unusedMs: 60 * 24 * 60 * 60 * 1000, maxGone: 50_000 };

/** A use is noted once an hour: it costs a write. */
export const USED_EACH_MS = 60 * 60 * 1000;

/** Returns those of all journals, the last used first, that make room for another one. */
export function superfluous<T extends { readonly size: number; readonly used: number }>(
  byUse: readonly T[],
  now: number,
  { maxNames, unusedMs }: SyncLimits,
): T[] {
  let names = 0;
  return byUse.filter(({ size, used }) => {
    names += size;
    return names > maxNames || used + unusedMs < now;
  });
}

/** Returns the path of the folder that `path` is in. */
export function folderOf(path: SyncPath): SyncPath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
