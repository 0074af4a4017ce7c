import type { CallOptions, Drive } from './drive.ts';
import type { DrivePath } from './path.ts';

/** Where a path leads that meets a shortcut: a place in another drive. */
export interface FollowedPath {
  readonly drive: Drive;
  readonly path: DrivePath;
  /** How many names of the path lead to the shortcut: all of them when it leads to the shortcut itself. */
  readonly depth: number;
}

/**
 * A drive in which there are shortcuts to other drives. By itself it lists them, renames and removes them, and refuses
 * (`forbidden`) what would go through one; `mounts/following-drive.ts` follows them.
 */
export interface DriveWithShortcuts extends Drive {
  /** Where `path` leads when a shortcut is on it, or at its end; undefined when there is none that can be followed. */
  follow(path: DrivePath, options: CallOptions): Promise<FollowedPath | undefined>;
}
