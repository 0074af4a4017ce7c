import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { davClient } from '../support/dav-client.ts';
import { describeWith, mustRun, run } from '../support/foreign-client.ts';
import { rcloneOnWebDav } from '../support/rclone.ts';
import { writeSampleTree } from '../support/sample-tree.ts';
import { type MadeShare, makeShare, visitor } from '../support/shares.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
const PASSWORD = 'correct-horse';

let server: TestServer;
let reads: MadeShare;
let takes: MadeShare;

beforeAll(async () => {
  server = await startTestServer({ yaml: ['shares: {}'] });
  const { ada } = server.mailboxes;
  ada.mkdir('/open/below');
  ada.mkdir('/inbox/old');
  await ada.put('/open/a.txt', 'four');
  await ada.put('/open/below/ä & b.bin', Buffer.alloc(5 * MIB, 'x'));
  await ada.put('/inbox/old/private.txt', 'private');
  const dav = davClient(server);
  reads = await makeShare(dav, '/ada/open/', { kind: 'read', password: PASSWORD });
  takes = await makeShare(dav, '/ada/inbox/', { kind: 'upload' });
}, 60_000);
afterAll(async () => {
  expect(server.emulator.violations).toEqual([]);
  await server.stop();
});

describeWith('rclone', 'rclone', () => {
  it('mounts a share for reading: lists, copies and checks it, and cannot change it', async () => {
    const rclone = await rcloneOnWebDav(server.folder, { url: reads.url, user: 'guest', password: PASSWORD });
    expect((await rclone('lsf', '-R', 'dav:')).stdout.split('\n').toSorted()).toEqual([
      '',
      'a.txt',
      'below/',
      'below/ä & b.bin',
    ]);
    const copied = join(server.folder, 'copied');
    await rclone('copy', 'dav:', copied);
    expect(await readFile(join(copied, 'a.txt'), 'utf8')).toBe('four');
    expect((await rclone('check', '--download', copied, 'dav:')).stderr).toMatch(/ 0 differences found/);
    await writeFile(join(copied, 'new.txt'), 'x');
    for (const args of [
      ['copy', copied, 'dav:'],
      ['delete', 'dav:'],
      ['moveto', 'dav:a.txt', 'dav:c.txt'],
    ]) {
      expect((await rclone.try(...args, '--retries', '1')).code).not.toBe(0);
    }
    expect(Object.keys(server.mailboxes.ada.tree())).toEqual(expect.arrayContaining(['/open/a.txt']));
  }, 60_000);

  it('copies a tree into a share that takes uploads, once, and sees nothing else there', async () => {
    const rclone = await rcloneOnWebDav(server.folder, { url: takes.url, user: 'guest', password: 'any' });
    const tree = join(server.folder, 'tree');
    await writeSampleTree(tree, { count: 30, largestBytes: 6 * MIB });
    await rclone('copy', tree, 'dav:from rclone');
    // Again: everything is there, so nothing is sent.
    expect((await rclone('copy', '-v', tree, 'dav:from rclone')).stderr).not.toMatch(/Copied/);
    const owner = await rcloneOnWebDav(server.folder, server, 'nextcloud');
    expect((await owner('check', '--download', tree, 'dav:ada/inbox/from rclone')).stderr).toMatch(
      / 0 differences found/,
    );
    expect((await rclone('lsf', 'dav:')).stdout).toBe('from rclone/\n');
    expect((await rclone.try('cat', `dav:from rclone/${(await readdir(tree))[0]}`)).stdout).toBe('');
    expect((await rclone.try('copy', 'dav:old', join(server.folder, 'stolen'))).stderr).not.toContain('private');
  }, 120_000);
});

describeWith('curl', 'curl', () => {
  it('sends a file as the page says, and is told when the name is taken', async () => {
    const file = join(server.folder, 'report.txt');
    await writeFile(file, 'a report');
    await mustRun('curl', ['-sf', '-T', file, takes.url]);
    expect((await davClient(server)('GET', '/ada/inbox/report.txt')).text).toBe('a report');
    expect((await run('curl', ['-sf', '-T', file, takes.url])).code).toBe(22);
    const read = await mustRun('curl', ['-sfL', '-u', `guest:${PASSWORD}`, `${reads.url}a.txt`]);
    expect(read.stdout).toBe('four');
    expect((await run('curl', ['-sf', `${reads.url}a.txt`])).code).toBe(22);
  });
});

describeWith('cadaver', 'cadaver', () => {
  const cadaver = async (url: string, ...commands: string[]) => {
    const { stdout, stderr } = await run('cadaver', [url], {
      env: { HOME: server.folder, LC_ALL: 'C.UTF-8' },
      cwd: server.folder,
      input: `${commands.join('\n')}\nquit\n`,
    });
    return stdout + stderr;
  };

  it('opens both kinds of shares', async () => {
    const { hostname } = new URL(server.url);
    await writeFile(join(server.folder, '.netrc'), `machine ${hostname}\nlogin guest\npassword ${PASSWORD}\n`, {
      mode: 0o600,
    });
    await writeFile(join(server.folder, 'by cadaver.txt'), 'from cadaver');
    const read = await cadaver(reads.url, 'ls', 'cat a.txt', 'put "by cadaver.txt"');
    expect(read).toMatch(/a\.txt +4/);
    expect(read).toContain('four');
    expect(read).toMatch(/403/);
    const sent = await cadaver(
      takes.url,
      'mkcol sent',
      'put "by cadaver.txt" sent/file.txt',
      'ls sent',
      'put "by cadaver.txt" sent/file.txt',
      'delete sent/file.txt',
    );
    expect(sent).toMatch(/file\.txt +12/);
    expect(sent.match(/403/g)?.length).toBe(2);
    expect((await davClient(server)('GET', '/ada/inbox/sent/file.txt')).text).toBe('from cadaver');
  });
});

describe('over an emulated Microsoft', () => {
  it('a request of a share costs no call that a request of its owner does not cost', async () => {
    // Its own server asks for no news beside the requests.
    const quiet = await startTestServer({ yaml: ['shares: {}', 'cache: { ttlSeconds: 3600, pollSeconds: 0 }'] });
    onTestFinished(() => quiet.stop());
    await quiet.mailboxes.ada.put('/open/a.txt', 'four');
    const dav = davClient(quiet);
    const share = await makeShare(dav, '/ada/open/', { kind: 'read', password: PASSWORD });
    await dav('PROPFIND', '/ada/open/', { Depth: '1' });
    quiet.emulator.resetCalls();
    const guest = await visitor(quiet, PASSWORD)('PROPFIND', share.root, { Depth: '1' });
    expect([guest.status, quiet.emulator.calls.map(({ operation }) => operation)]).toEqual([207, []]);
  });
});
