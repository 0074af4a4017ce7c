import type { CallOptions, Drive } from './drive.ts';
import type { DrivePath } from './path.ts';

/** The place in another drive that a path with a shortcut leads to. */
export interface FollowedPath {
  readonly drive: Drive;
  readonly path: DrivePath;
  /** The number of the path's names that lead to the shortcut: all of them when it ends there. */
  readonly depth: number;
}

/**
 * A drive that may contain shortcuts to other drives. By itself it lists, renames and removes them, and refuses
 * (`forbidden`) to go through one; `mounts/following-drive.ts` follows them.
 */
export interface DriveWithShortcuts extends Drive {
  /**
   * Returns the place of `path` when there is a shortcut on it or at its end; undefined without one that can be
   * followed.
   */
  follow(path: DrivePath, options: CallOptions): Promise<FollowedPath | undefined>;
}
