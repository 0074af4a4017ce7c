import { execFile } from 'node:child_process';
import { cp, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** Copies what a fresh clone would have, with the changes that are not committed yet: nothing that git ignores. */
export async function copyAsCloned(target: string): Promise<void> {
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const { stdout } = await promisify(execFile)('git', list, { cwd: ROOT, maxBuffer: 16 * 1024 * 1024 });
  const { stdout: deleted } = await promisify(execFile)('git', ['ls-files', '-z', '--deleted'], { cwd: ROOT });
  const gone = new Set(deleted.split('\0'));
  for (const file of stdout.split('\0').filter(name => name !== '' && !gone.has(name))) {
    await mkdir(dirname(join(target, file)), { recursive: true });
    await cp(join(ROOT, file), join(target, file), { verbatimSymlinks: true });
  }
}
