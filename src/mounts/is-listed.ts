import type { Drive, LookOptions } from '../drive/drive.ts';
import { isDriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, foldName, parentPath } from '../drive/path.ts';

/** Returns true when the parent folder lists the name of `path`; do not request such a name from the drive directly. */
export async function isListed(drive: Drive, path: DrivePath, { signal, fresh }: LookOptions): Promise<boolean> {
  const members = await drive.list(parentPath(path), { signal, fresh }).catch((error: unknown) => {
    if (isDriveError(error, 'not-found', 'is-file')) {
      return [];
    }
    throw error;
  });
  const wanted = foldName(baseName(path));
  return members.some(({ name }) => name.length === wanted.length && foldName(name) === wanted);
}
