import type { DrivePath } from '../drive/path.ts';
import type { DriveItem } from '../graph/drive-item.ts';
import type { CacheBudget } from './cache-budget.ts';
import type { FreshnessOptions } from './freshness.ts';

/** The options of a drive's metadata cache. */
export interface CacheOptions extends FreshnessOptions {
  /** The maximum number of names; folders above the path in use stay even beyond it. */
  readonly maxEntries: number;
  /** A budget shared with other caches. Absent: none. */
  readonly budget?: CacheBudget;
  /** Loads an item by its id alone; undefined when it is absent. */
  readonly loadById?: (id: string, signal: AbortSignal) => Promise<DriveItem | undefined>;
  /** Called with each single item that Graph has just returned; items in listings come without a URL. */
  readonly seen?: (item: DriveItem) => void;
  /** Called with each path that we may have written. */
  readonly written?: (path: DrivePath) => void;
}
