import { readFileSync, statfsSync } from 'node:fs';

const FOLDER = '/dev/shm';
/** Many times what the tests have in files at a time. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * The folder for temporary files: Linux's in memory, or undefined where it is too small (Docker gives 64 MiB) or runs no
 * programs. Each server of a test has a database of its own that waits for the disk to keep it; no test can pull the
 * plug to see whether it does.
 */
export function memoryFolder(): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(FOLDER);
    const mount = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .find(line => line.split(' ')[1] === FOLDER);
    const [, , type, options = ''] = mount?.split(' ') ?? [];
    const isFit = type === 'tmpfs' && !options.split(',').includes('noexec');
    return isFit && Math.min(bavail * bsize, process.availableMemory()) >= ENOUGH_BYTES ? FOLDER : undefined;
  } catch {
    return undefined;
  }
}
