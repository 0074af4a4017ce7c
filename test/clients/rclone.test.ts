import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../support/foreign-client.ts';
import { LARGE_BYTES } from '../support/large-file.ts';
import { type Rclone, rcloneOnOneDrive, rcloneOnWebDav } from '../support/rclone.ts';
import { writeSampleFile, writeSampleTree } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
/** Each odd name ten times, most of them small: rclone leaves 10 ms between two requests. */
const TREE = { count: 120, largestBytes: LARGE_BYTES };

describeWith('rclone', 'rclone: its WebDAV backend on us and its OneDrive backend on the emulator', () => {
  let server: TestServer;
  let dav: Rclone;
  let one: Rclone;
  let tree: string;

  beforeAll(async () => {
    // rclone 1.60 sends its token to the upload host and leaves conflictBehavior out; that is its business, not ours.
    server = await startTestServer({
      emulator: { strict: { authorizationOnPreAuthenticatedUrl: 'allow', conflictBehavior: false } },
    });
    dav = await rcloneOnWebDav(server.folder, server);
    one = await rcloneOnOneDrive(server.folder, {
      accessToken: await server.accessToken(),
      driveId: server.mailboxes.ada.driveId,
      proxy: server.emulator.proxy,
      caFile: server.emulator.caFile,
    });
    tree = join(server.folder, 'tree');
    await writeSampleTree(tree, TREE);
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('files written through WebDAV read the same through WebDAV and OneDrive, bit for bit', async () => {
    await dav('copy', tree, 'dav:ada/written by dav');
    expect((await dav('check', '--download', tree, 'dav:ada/written by dav')).stderr).toMatch(/ 0 differences found/);
    expect((await one('check', '--download', tree, 'one:written by dav')).stderr).toMatch(/ 0 differences found/);
    expect(server.emulator.openUploadSessions()).toBe(0);
  }, 240_000);

  it('files written by OneDrive read the same through WebDAV, bit for bit', async () => {
    const small = join(server.folder, 'small tree');
    await writeSampleTree(small, { count: 40, largestBytes: 11 * MIB });
    await one('copy', small, 'one:written by onedrive');
    expect((await dav('check', '--download', small, 'dav:ada/written by onedrive')).stderr).toMatch(
      / 0 differences found/,
    );
  }, 120_000);

  it('renames, moves, copies, overwrites and deletes', async () => {
    const file = join(server.folder, 'single', 'file.bin');
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
  });

  it('copies between mailboxes and reads a part of a file', async () => {
    const file = join(server.folder, 'part', 'file.bin');
    await writeSampleFile(file, 300_000, 'part');
    await dav('copyto', file, 'dav:ada/part.bin');
    await dav('copyto', 'dav:ada/part.bin', 'dav:grace/part.bin');
    const part = await dav('cat', '--offset', '100000', '--count', '10', 'dav:grace/part.bin');
    const local = await dav('cat', '--offset', '100000', '--count', '10', file);
    expect(part.stdout).toBe(local.stdout);
    expect((await dav('lsd', 'dav:')).stdout).toMatch(/ada[\s\S]*grace/);
  });

  it('left no violation behind', () => {
    expect(server.emulator.violations).toEqual([]);
  });
});
