import { run } from './foreign-client.ts';
import { makeTempDir } from './temp-dir.ts';

/** A file system without a server, mounted and unmounted; without helpers (`-i`), which might ask other things. */
const PROBE = [
  'exec 3<>/dev/fuse',
  'mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0 probe "$0"',
  'umount -i -l "$0"',
].join(' && ');

/** Why this process may not mount FUSE file systems, or undefined when it may. Containers mostly may not. */
export async function whyNoFuse(): Promise<string | undefined> {
  await using folder = await makeTempDir();
  const { code, stderr } = await run('sh', ['-c', PROBE, folder.path]);
  return code === 0 ? undefined : `this machine lets us mount no FUSE file system: ${stderr.trim()}`;
}
