import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = join(ROOT, 'src/browser-app');
/** Leaves of the server's that the app has as well. */
const SHARED = ['quick-xor-hash.ts', 'free-names.ts'].map(name => join(ROOT, 'src/lib', name));
const BUILT = join(ROOT, 'dist/browser-app/app.json');

/** Builds the app in the browser before the tests, unless nothing has changed since it was built last. */
export default async function setup(): Promise<void> {
  const built = await timeOf(BUILT);
  const sources = await Promise.all(
    [join(ROOT, 'vite.config.ts'), ...SHARED, ...(await allBelow(SOURCES))].map(timeOf),
  );
  if (built === undefined || sources.some(time => time !== undefined && time > built)) {
    const vite = join(ROOT, 'node_modules/vite/bin/vite.js');
    await promisify(execFile)(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: ROOT });
  }
}

/** Folders as well: one that has lost a file is newer. */
async function allBelow(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return [folder, ...names.map(name => join(folder, name))];
}

async function timeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mtimeMs;
}
