import type { Drive, LookOptions } from '../drive/drive.ts';
import { isDriveError } from '../drive/errors.ts';
import { baseName, type DrivePath, foldName, parentPath } from '../drive/path.ts';

/** Whether the folder of `path` lists its name, by a drive that must not be asked for such a name itself. */
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
