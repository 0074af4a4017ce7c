import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { type Rclone, rcloneOnWebDav } from '../support/rclone.ts';
import { writeSampleFile, writeSampleTree } from '../support/sample-tree.ts';

const MIB = 1024 ** 2;

describeWith(['rclone', POSTGRES], 'rclone, each request at another server', () => {
  let cluster: Cluster;
  let dav: Rclone;

  beforeAll(async () => {
    cluster = await startCluster();
    dav = await rcloneOnWebDav(cluster.folder, cluster);
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  it('what it has written reads the same, bit for bit', async () => {
    const tree = join(cluster.folder, 'tree');
    await writeSampleTree(tree, { count: 30, largestBytes: 5 * MIB });
    await dav('copy', tree, 'dav:ada/written');
    expect((await dav('check', '--download', tree, 'dav:ada/written')).stderr).toMatch(/ 0 differences found/);
    expect(cluster.emulator.openUploadSessions()).toBe(0);
  });

  it('renames, moves, copies, overwrites and deletes', async () => {
    const file = join(cluster.folder, 'single', 'file.bin');
    await writeSampleFile(file, 70_000, 'single');
    await dav('copyto', file, 'dav:grace/one.bin');
    await dav('moveto', 'dav:grace/one.bin', 'dav:grace/two.bin');
    await dav('copyto', 'dav:grace/two.bin', 'dav:grace/folder/three.bin');
    await dav('moveto', 'dav:grace/folder', 'dav:grace/renamed folder');
    await writeSampleFile(file, 90_000, 'changed');
    await dav('copyto', file, 'dav:grace/two.bin');
    expect((await dav('lsf', '-R', '--format', 'ps', 'dav:grace')).stdout.trim().split('\n').sort()).toEqual([
      'renamed folder/;-1',
      'renamed folder/three.bin;70000',
      'two.bin;90000',
    ]);
    await dav('purge', 'dav:grace/renamed folder');
    await dav('deletefile', 'dav:grace/two.bin');
    expect((await dav('lsf', 'dav:grace')).stdout).toBe('');
    expect(cluster.emulator.violations).toEqual([]);
  });
});
