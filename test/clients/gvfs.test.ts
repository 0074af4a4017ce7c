import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FileClient, itServesAFileClient } from '../contracts/file-client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { whyNoFuse } from '../support/fuse.ts';
import { type Gvfs, startGvfs } from '../support/gvfs.ts';
import { requestsTo } from '../support/requests.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const obstacle = await whyNoFuse();

describeWith(['gio', 'dbus-run-session', '/usr/libexec/gvfsd-dav'], 'GNOME gvfs', () => {
  let server: TestServer;
  let gvfs: Gvfs;

  beforeAll(async () => {
    server = await startTestServer();
    gvfs = await startGvfs();
    expect(await mount(server.password)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await gvfs?.stop();
    await server?.stop();
  });

  /** The name is in the URL, so the password is all that is asked for. */
  function mount(password: string) {
    return gvfs.tryGio(`${password}\n`, 'mount', uri('/ada'));
  }

  /** The URI of a path of the server. */
  function uri(path: string): string {
    const { host } = new URL(server.url);
    return `dav://${server.user}@${host}${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  const ada = (path: string) => uri(`/ada${path}`);

  const client: FileClient = {
    list: async folder => linesOf((await gvfs.gio('list', '--hidden', ada(folder))).stdout),
    read: async path => (await gvfs.gio('cat', ada(path))).stdout,
    makeFolder: async path => void (await gvfs.gio('mkdir', ada(path))),
    upload: async (file, path) => void (await gvfs.gio('copy', file, ada(path))),
    download: async (path, file) => void (await gvfs.gio('copy', ada(path), file)),
    rename: async (from, to) => void (await gvfs.gio('move', ada(from), ada(to))),
    remove: async path => void (await gvfs.gio('remove', ada(path))),
  };

  it('asks for the password when the server says 401, and connects at the root of all mounts', async () => {
    expect(requestsTo(server).slice(0, 2)).toMatchObject([
      { method: 'OPTIONS', status: 401, userAgent: expect.stringMatching(/^gvfs\//) },
      { method: 'OPTIONS', status: 200 },
    ]);
    expect(linesOf((await gvfs.gio('mount', '--list')).stdout).join()).toContain(uri('/'));
    expect(linesOf((await gvfs.gio('list', uri('/'))).stdout)).toEqual(['ada', 'grace']);
  });

  it('shows how much room there is', async () => {
    const { stdout } = await gvfs.gio('info', '--filesystem', ada('/'));
    const numberOf = (name: string) => Number(new RegExp(`filesystem::${name}: (\\d+)`).exec(stdout)?.[1]);
    expect(numberOf('free')).toBeGreaterThan(0);
    expect(numberOf('size')).toBe(numberOf('free') + numberOf('used'));
  });

  it('shows size, type and time of a file', async () => {
    await server.mailboxes.grace.put('/report.pdf', '12345', { modified: new Date('2024-05-06T07:08:09Z') });
    const { stdout } = await gvfs.gio('info', uri('/grace/report.pdf'));
    expect(stdout).toMatch(/^size: +5$/m);
    expect(stdout).toMatch(/standard::content-type: application\/pdf/);
    expect(stdout).toContain(`time::modified: ${Date.parse('2024-05-06T07:08:09Z') / 1000}`);
  });

  it('copies on the server, without the bytes passing through the client', async () => {
    await gvfs.tryGio('original', 'save', '--create', ada('/original.txt'));
    await gvfs.gio('copy', ada('/original.txt'), ada('/copy.txt'));
    expect(await client.read('/copy.txt')).toBe('original');
    expect(requestsTo(server).filter(({ method }) => method === 'COPY')).toMatchObject([{ status: 201 }]);
  });

  it('does not rename over an existing item', async () => {
    await gvfs.tryGio('one', 'save', '--create', ada('/one.txt'));
    await gvfs.tryGio('two', 'save', '--create', ada('/two.txt'));
    expect(await gvfs.tryGio('', 'rename', ada('/one.txt'), 'two.txt')).toMatchObject({ code: 1 });
    expect([await client.read('/one.txt'), await client.read('/two.txt')]).toEqual(['one', 'two']);
  });

  it('saves over the version that was read, and not over a later one', async () => {
    await gvfs.tryGio('first', 'save', '--create', ada('/edited.txt'));
    const { stdout } = await gvfs.gio('info', '--attributes=etag::value', ada('/edited.txt'));
    const etag = /etag::value: (.*)/.exec(stdout)![1]!;
    expect(await gvfs.tryGio('second', 'save', `--etag=${etag}`, ada('/edited.txt'))).toMatchObject({ code: 0 });
    const late = await gvfs.tryGio('third', 'save', `--etag=${etag}`, ada('/edited.txt'));
    expect(late.stderr).toContain('externally modified');
    expect(await client.read('/edited.txt')).toBe('second');
  });

  it('serves programs that know nothing of GIO through its FUSE mount', async context => {
    // FUSE is the kernel's choice, not a program to install: REQUIRE_CLIENTS asks for nothing here.
    context.skip(obstacle !== undefined, obstacle);
    const { hostname, port } = new URL(server.url);
    const mounts = join(gvfs.home.env.XDG_RUNTIME_DIR!, 'gvfs');
    const folder = join(mounts, `dav:host=${hostname},port=${port},ssl=false,user=${server.user}`, 'ada', 'fuse');
    await client.makeFolder('/fuse');
    await writeFile(join(folder, 'by fuse #1.txt'), 'through the kernel');
    // gvfsd-fuse stores after `close` has returned.
    await eventually(async () => expect(await readdir(folder)).toEqual(['by fuse #1.txt']));
    expect(await readFile(join(folder, 'by fuse #1.txt'), 'utf8')).toBe('through the kernel');
    await rename(join(folder, 'by fuse #1.txt'), join(folder, 'renamed.txt'));
    expect(await client.read('/fuse/renamed.txt')).toBe('through the kernel');
  });

  it('finds a decomposed name in the form in which it asks', async () => {
    const decomposed = 'Übergröße é'.normalize('NFD');
    await client.makeFolder(`/${decomposed}`);
    await writeFile(join(server.folder, 'umlauts'), 'ä');
    await client.upload(join(server.folder, 'umlauts'), `/${decomposed}/${decomposed}`);
    expect(await client.read(`/${decomposed}/${decomposed}`)).toBe('ä');
    expect(await client.list(`/${decomposed}`)).toEqual([decomposed.normalize('NFC')]);
  });

  itServesAFileClient(() => ({ server, client }));
});

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '');
}
