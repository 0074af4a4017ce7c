import type { Drive } from '../drive/drive.ts';
import { fixedMounts, MountedDrive } from './mounted-drive.ts';

/**
 * The folders above a tree that is served below `basePath`, down to it: read-only, each with one member. Explorer asks
 * the root of the host and every folder on the way before it opens what the user has typed (Microsoft, "Troubleshooting
 * Explorer view").
 */
export function aboveMounts(tree: Drive, basePath: readonly string[], since: Date): Drive {
  return basePath.reduceRight((drive, name) => new MountedDrive(fixedMounts([{ name, drive }], since), since), tree);
}
