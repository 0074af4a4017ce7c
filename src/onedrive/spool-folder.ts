import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The file name extension of spool files. */
export const SPOOL_ENDING = '.upload';

/** Removes the spool files of an earlier process; must be called before the first one is created. */
export async function emptySpoolFolder(folder: string): Promise<void> {
  for (const file of await spoolFiles(folder)) {
    await rm(file, { force: true });
  }
}

/** Returns the number and the size of the spool files now. */
export async function lookAtSpoolFolder(folder: string): Promise<{ readonly files: number; readonly bytes: number }> {
  // A file may be gone by now.
  const sizes = await Promise.all(
    (await spoolFiles(folder)).map(file =>
      stat(file).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function spoolFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw error;
  });
  return names.filter(each => each.endsWith(SPOOL_ENDING)).map(name => join(folder, name));
}
