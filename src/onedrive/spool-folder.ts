import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The file name extension of spool files. */
export const SPOOL_ENDING = '.upload';

/** Removes the spool files of an earlier process; must be called before the first one is created. */
export async function emptySpoolFolder(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return [];
    }
    throw error;
  });
  for (const name of names.filter(each => each.endsWith(SPOOL_ENDING))) {
    await rm(join(folder, name), { force: true });
  }
}
