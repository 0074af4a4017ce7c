import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type FileClient, itServesAFileClient } from '../contracts/file-client.ts';
import { type ClientHome, makeClientHome } from '../support/client-home.ts';
import { describeWith, type ProgramResult, run } from '../support/foreign-client.ts';
import { requestsTo } from '../support/requests.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('kioclient', 'KDE KIO', () => {
  let server: TestServer;
  let home: ClientHome;

  beforeAll(async () => {
    server = await startTestServer();
    home = await makeClientHome();
  });
  afterAll(async () => {
    await home?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  /**
   * Without a session bus KIO finds no password daemon, and says what it lacks instead of asking in a dialogue that
   * nobody sees. Then it takes the password from the URL.
   */
  function tryKio(...args: string[]): Promise<ProgramResult> {
    const env = { ...home.env, QT_QPA_PLATFORM: 'offscreen' };
    return run('kioclient', ['--noninteractive', ...args], { env });
  }

  /** Throws when KIO complains; `cat` ends with 0 whatever happens. */
  async function kio(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await tryKio(...args);
    const complaint = complaintIn(stderr);
    if (code !== 0 || complaint !== undefined) {
      throw new Error(`kioclient ${args.join(' ')} ended with ${code}: ${complaint ?? stderr}`);
    }
    return stdout;
  }

  /**
   * Without `--overwrite` KIO 5 looks first whether the target is there. When it then hears 401 to the copy itself, it
   * takes the password of the URL for a wrong one: a job of its own gets one attempt.
   */
  function copy(from: string, to: string): Promise<string> {
    return kio('--overwrite', 'copy', from, to);
  }

  /** The URL of a path of the server. */
  function urlOf(path: string): string {
    const { host } = new URL(server.url);
    return `webdav://${server.user}:${server.password}@${host}${path.split('/').map(encodeURIComponent).join('/')}`;
  }

  const ada = (path: string) => urlOf(`/ada${path}`);
  const inside = (folder: string) => ada(join(folder, '/'));

  const client: FileClient = {
    list: async folder => namesIn(await kio('ls', inside(folder))),
    read: async path => kio('cat', ada(path)),
    // kioclient 5 has no mkdir, but copies folders.
    makeFolder: async path => {
      const local = join(home.path, 'folders to copy', basename(path));
      await mkdir(local, { recursive: true });
      await copy(fileUrl(local), inside(dirname(path)));
    },
    upload: async (file, path) => void (await copy(fileUrl(file), ada(path))),
    download: async (path, file) => void (await copy(ada(path), fileUrl(file))),
    rename: async (from, to) => void (await kio('move', ada(from), ada(to))),
    remove: async path => void (await kio('remove', ada(path))),
  };

  async function upload(text: string, path: string): Promise<void> {
    await writeFile(join(home.path, 'text'), text);
    await client.upload(join(home.path, 'text'), path);
  }

  it('asks without a password first, each time, and lists the mounts at the root', async () => {
    const from = requestsTo(server).length;
    expect(namesIn(await kio('ls', urlOf('/'))).sort()).toEqual(['ada', 'grace']);
    expect(requestsTo(server).slice(from)).toMatchObject([
      { method: 'PROPFIND', path: '/', status: 401, userAgent: expect.stringContaining('KIO/') },
      { method: 'PROPFIND', path: '/', status: 207 },
    ]);
  });

  it('is not let in with a wrong password', async () => {
    const from = requestsTo(server).length;
    const { stdout } = await tryKio('ls', ada('/').replace(server.password, 'wrong'));
    expect(namesIn(stdout)).toEqual([]);
    expect(statusesOf('PROPFIND', from)).toEqual([401, 401]);
  });

  it('shows type, size and time of a file', async () => {
    await server.mailboxes.grace.put('/report.pdf', '12345', { modified: new Date('2024-05-06T07:08:09Z') });
    const shown = await kio('stat', urlOf('/grace/report.pdf'));
    expect(shown).toMatch(/^SIZE +5$/m);
    expect(shown).toMatch(/^MODIFICATION_TIME +Mon May 6 07:08:09 2024$/m);
  });

  it('copies on the server, without the bytes passing through the client', async () => {
    await upload('original', '/original.txt');
    const from = requestsTo(server).length;
    await copy(ada('/original.txt'), ada('/copy.txt'));
    expect(await client.read('/copy.txt')).toBe('original');
    expect(statusesOf('COPY', from)).toEqual([401, 201]);
  });

  function statusesOf(method: string, from: number): number[] {
    return requestsTo(server)
      .slice(from)
      .filter(request => request.method === method)
      .map(({ status }) => status);
  }

  it('neither copies nor moves over an existing item without --overwrite', async () => {
    await upload('one', '/one.txt');
    await upload('two', '/two.txt');
    const from = requestsTo(server).length;
    await expect(kio('copy', ada('/one.txt'), ada('/two.txt'))).rejects.toThrow('already exists');
    await expect(kio('move', ada('/one.txt'), ada('/two.txt'))).rejects.toThrow();
    expect(statusesOf('MOVE', from)).toEqual([401, 412]);
    expect([await client.read('/one.txt'), await client.read('/two.txt')]).toEqual(['one', 'two']);
  });

  it('carries a tree there and back', async () => {
    const tree = join(home.path, 'tree');
    await mkdir(join(tree, 'inner', 'empty'), { recursive: true });
    await writeFile(join(tree, 'inner', 'ä #1.txt'), 'deep');
    await copy(fileUrl(tree), ada('/'));
    await mkdir(join(home.path, 'back'));
    await copy(ada('/tree'), fileUrl(join(home.path, 'back')));
    expect((await readdir(join(home.path, 'back', 'tree'), { recursive: true })).sort()).toEqual([
      'inner',
      'inner/empty',
      'inner/ä #1.txt',
    ]);
    expect(await readFile(join(home.path, 'back', 'tree', 'inner', 'ä #1.txt'), 'utf8')).toBe('deep');
  });

  it('deletes a folder with all that is in it', async () => {
    await client.makeFolder('/full');
    await upload('x', '/full/file.txt');
    const from = requestsTo(server).length;
    await client.remove('/full');
    expect(statusesOf('DELETE', from)).toEqual([401, 204]);
    expect(server.mailboxes.ada.stat('/full')).toBeUndefined();
  });

  it('finds a decomposed name in the form in which it asks', async () => {
    const decomposed = 'Übergröße é'.normalize('NFD');
    await client.makeFolder(`/${decomposed}`);
    await upload('ä', `/${decomposed}/${decomposed}`);
    expect(await client.read(`/${decomposed}/${decomposed}`)).toBe('ä');
    expect(await client.list(`/${decomposed}`)).toEqual([decomposed.normalize('NFC')]);
  });

  itServesAFileClient(() => ({ server, client }));
});

function complaintIn(stderr: string): string | undefined {
  return /^kioclient5?: (.*)/m.exec(stderr)?.[1];
}

function fileUrl(path: string): string {
  return pathToFileURL(path).href;
}

/** `ls` prints the folder itself first, as a dot. */
function namesIn(listing: string): string[] {
  return listing.split('\n').filter(line => line !== '' && line !== '.');
}
