import type { Drive } from '../drive/drive.ts';
import { fixedMounts, MountedDrive } from './mounted-drive.ts';

/**
 * Returns the folders above a tree served below `basePath`: read-only, each with one member. Explorer requests the root
 * of the host and every folder on the way before it opens the address that the user typed (Microsoft, "Troubleshooting
 * Explorer view").
 */
export function aboveMounts(tree: Drive, basePath: readonly string[], since: Date): Drive {
  return basePath.reduceRight((drive, name) => new MountedDrive(fixedMounts([{ name, drive }], since), since), tree);
}
