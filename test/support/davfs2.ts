import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClientHome, makeClientHome } from './client-home.ts';
import { mustRun, run } from './foreign-client.ts';
import type { Account } from './test-server.ts';

export interface DavfsMount {
  /** Where the server's folder is. */
  readonly path: string;
  /** The output of mount.davfs. */
  readonly said: string;
  /** Waits for the remaining uploads, and unmounts. */
  stop(): Promise<void>;
}

/** Mounts a folder of a server, as root; `options` are lines of davfs2.conf. */
export async function mountDavfs(url: string, account: Account, options: readonly string[] = []): Promise<DavfsMount> {
  await using undo = new AsyncDisposableStack();
  const home = undo.use(await makeClientHome());
  const path = join(home.path, 'mount');
  const config = await writeConfig(home, options);
  await mkdir(path);
  const { stderr } = await mustRun('mount.davfs', ['-o', `conf=${config}`, url, path], {
    env: home.env,
    input: `${account.user}\n${account.password}\n`,
  });
  undo.defer(() => unmount(path));
  const mounted = undo.move();
  return { path, said: stderr, stop: () => mounted.disposeAsync() };
}

async function writeConfig(home: ClientHome, options: readonly string[]): Promise<string> {
  const config = join(home.path, 'davfs2.conf');
  const cache = join(home.path, 'cache');
  const lines = [
    `cache_dir ${cache}`,
    // No test waits for the delay of an upload, or for cached answers to expire.
    'delay_upload 0',
    'file_refresh 0',
    // Linux 6 reads folders with more room than the default buffer of 16 KiB has; davfs2 1.6 then says EINVAL.
    'buf_size 64',
    ...options,
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  await mkdir(cache);
  // The daemon gives root up for a user of its own, who must get at the cache.
  await chmod(home.path, 0o755);
  await chmod(cache, 0o777);
  return config;
}

/** Where the daemon is gone or stuck, the mount is taken away from under it. */
async function unmount(path: string): Promise<void> {
  const { code, stderr } = await run('umount', [path]);
  if (code !== 0) {
    await run('umount', ['-i', '-l', path]);
    throw new Error(`davfs2 did not unmount: ${stderr}`);
  }
}
