import {
  appendFile,
  chmod,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rmdir,
  stat,
  statfs,
  unlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FileClient, itServesAFileClient } from '../contracts/file-client.ts';
import { davClient } from '../support/dav-client.ts';
import { type DavfsMount, mountDavfs } from '../support/davfs2.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { whyNoFuse } from '../support/fuse.ts';
import { requestsTo } from '../support/requests.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const obstacle = await whyNoFuse();

describeWith('mount.davfs', 'davfs2', () => {
  if (obstacle !== undefined) {
    // The kernel's choice, not a program to install: REQUIRE_CLIENTS asks for nothing here.
    it('needs FUSE', context => context.skip(obstacle));
    return;
  }
  let server: TestServer;
  let mount: DavfsMount;

  beforeAll(async () => {
    server = await startTestServer();
    mount = await mountDavfs(`${server.url}/ada`, server);
  });
  afterAll(async () => {
    await mount?.stop();
    await server?.stop();
  });

  const at = (path: string) => join(mount.path, path);

  const client: FileClient = {
    list: folder => spelled(folder, async at => (await readdir(at)).filter(name => name !== 'lost+found')),
    read: path => spelled(path, at => readFile(at, 'utf8')),
    makeFolder: path => spelled(path, async at => void (await mkdir(at))),
    upload: async (file, path) => {
      await spelled(path, at => copyFile(file, at));
      await stored(mount);
    },
    download: (path, file) => spelled(path, at => copyFile(at, file)),
    rename: (from, to) => spelled(from, at => rename(at, join(mount.path, to))),
    remove: path => spelled(path, async at => ((await stat(at)).isDirectory() ? rmdir(at) : unlink(at))),
  };

  /**
   * Uses a path as it is spelled, or composed (NFC) where davfs2 no longer has that spelling. It knows what it has
   * made by the name that it was given, until it lists the folder again, from the next second on; then it knows it
   * by the name that OneDrive has, which is composed. It never goes back, so that one of the two is there.
   */
  async function spelled<T>(path: string, use: (at: string) => Promise<T>): Promise<T> {
    const composed = path.normalize('NFC');
    try {
      return await use(at(path));
    } catch (error) {
      if (composed === path || (error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
      return use(at(composed));
    }
  }

  it('finds locks on the server and uses them: it locks, asks for the ETag, stores and unlocks', async () => {
    expect(mount.said).not.toContain('does not support locks');
    const from = requestsTo(server).length;
    await writeFile(at('/locked and stored.txt'), 'one');
    await stored(mount);
    expect(stepsOn('/ada/locked and stored.txt', from)).toEqual(['LOCK 201', 'HEAD 200', 'PUT 204', 'UNLOCK 204']);
  });

  /** What was done to a path since the request number `from`, besides looking. */
  function stepsOn(path: string, from: number): string[] {
    return requestsTo(server)
      .slice(from)
      .filter(request => request.path === path && request.method !== 'PROPFIND')
      .map(({ method, status }) => `${method} ${status}`);
  }

  it('keeps others from writing to a file that is open for writing', async () => {
    const others = davClient(server);
    await using file = await open(at('/open.txt'), 'w');
    await file.write('by davfs2');
    expect(await others('PUT', '/ada/open.txt', {}, 'by somebody else')).toMatchObject({ status: 423 });
    await file.close();
    expect(await client.read('/open.txt')).toBe('by davfs2');
    expect(await others('PUT', '/ada/open.txt', {}, 'later')).toMatchObject({ status: 204 });
  });

  it('appends to a file, and changes bytes in the middle of it', async () => {
    await writeFile(at('/grown.txt'), '0123456789');
    await appendFile(at('/grown.txt'), 'abc');
    await using file = await open(at('/grown.txt'), 'r+');
    await file.write('XY', 4);
    await file.close();
    await stored(mount);
    expect((await server.mailboxes.ada.read('/grown.txt')).toString()).toBe('0123XY6789abc');
  });

  it('shows how much room there is', async () => {
    const { blocks, bavail, bsize } = await statfs(mount.path);
    expect(Math.round((blocks * bsize) / 1024 ** 3)).toBe(1024);
    expect(bavail).toBeGreaterThan(0);
  });

  it('sees what another client has stored, in a listing and in a file', async () => {
    const others = davClient(server);
    await others('PUT', '/ada/of others.txt', {}, 'first');
    // What it asked in this very second it does not ask again.
    await eventually(async () => expect(await client.list('/')).toContain('of others.txt'), 100);
    expect(await client.read('/of others.txt')).toBe('first');
    await others('PUT', '/ada/of others.txt', {}, 'second one');
    await eventually(async () => expect(await client.read('/of others.txt')).toBe('second one'), 100);
  });

  it('tells the server that a file may be executed', async () => {
    await writeFile(at('/script.sh'), '#!/bin/sh');
    await chmod(at('/script.sh'), 0o755);
    await stored(mount);
    const asked = '<propfind xmlns="DAV:"><prop><executable xmlns="http://apache.org/dav/props/"/></prop></propfind>';
    const { text } = await davClient(server)('PROPFIND', '/ada/script.sh', { depth: '0' }, asked);
    expect(text).toMatch(/executable[^>]*>T</);
  });

  it('mounts the root of the server, where each mount is a folder', async () => {
    const second = await mountDavfs(server.url, server);
    try {
      expect(await readdir(second.path)).toEqual(expect.arrayContaining(['ada', 'grace']));
      await writeFile(join(second.path, 'grace', 'hello.txt'), 'to grace');
      await stored(second);
      expect((await server.mailboxes.grace.read('/hello.txt')).toString()).toBe('to grace');
    } finally {
      await second.stop();
    }
  });

  describe('without locks', () => {
    let unlocked: DavfsMount;

    beforeAll(async () => {
      unlocked = await mountDavfs(`${server.url}/grace`, server, ['use_locks 0']);
    });
    afterAll(async () => {
      await unlocked?.stop();
    });

    it.each([
      ['small', 1000],
      ['large', 20 * 1024 ** 2],
    ])(
      'leaves a %s file alone that another client has changed, and keeps its own in lost+found',
      async (name, size) => {
        const path = join(unlocked.path, name);
        await writeFile(path, 'first');
        await using file = await open(path, 'r+');
        await file.write(Buffer.alloc(size, 'x'));
        await davClient(server)('PUT', `/grace/${name}`, {}, 'by somebody else');
        await file.close();
        await stored(unlocked);
        expect((await server.mailboxes.grace.read(`/${name}`)).toString()).toBe('by somebody else');
        const kept = (await readdir(join(unlocked.path, 'lost+found'))).find(entry => entry.startsWith(name));
        expect(kept).toBeDefined();
        expect(await stat(join(unlocked.path, 'lost+found', kept!))).toMatchObject({ size });
      },
    );
  });

  it('mounts a read-only mount, which promises no locks, and reads there; a write is refused', async () => {
    await using undo = new AsyncDisposableStack();
    const reading = await startTestServer({
      mounts: ['{mailbox: ada@contoso.com, name: fixed, readOnly: true}'],
    });
    undo.defer(() => reading.stop());
    await reading.mailboxes.ada.put('/note', 'hello');
    const fixed = await mountDavfs(`${reading.url}/fixed`, reading);
    undo.defer(() => fixed.stop());
    expect(await readdir(fixed.path)).toContain('note');
    expect(await readFile(join(fixed.path, 'note'), 'utf8')).toBe('hello');
    await expect(unlink(join(fixed.path, 'note'))).rejects.toThrow();
    await expect(mkdir(join(fixed.path, 'new'))).rejects.toThrow();
    expect(requestsTo(reading).filter(({ method }) => method === 'LOCK')).toEqual([]);
  });

  itServesAFileClient(() => ({ server, client }));
});

/**
 * The daemon uploads after `close` has returned, but does one thing after the other: an answer means that it is done.
 */
async function stored({ path }: DavfsMount): Promise<void> {
  await statfs(path);
}
