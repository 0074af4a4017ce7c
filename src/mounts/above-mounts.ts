import type { Drive } from '../drive/drive.ts';
import { fixedMounts, MountedDrive } from './mounted-drive.ts';

/**
 * Returns a function that creates the folders above a tree served below `basePath`: read-only, each with one member. Explorer requests the root
 * of the host and every folder on the way before it opens the address that the user typed (Microsoft, "Troubleshooting
 * Explorer view"). The same ones for the same tree.
 */
export function createAboveMounts(basePath: readonly string[], since: Date): (tree: Drive) => Drive {
  const known = new WeakMap<Drive, Drive>();
  return tree => {
    const above = known.get(tree) ?? foldersAbove(tree, basePath, since);
    known.set(tree, above);
    return above;
  };
}

function foldersAbove(tree: Drive, basePath: readonly string[], since: Date): Drive {
  return basePath.reduceRight((drive, name) => new MountedDrive(fixedMounts([{ name, drive }], since), since), tree);
}
