import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { davClient } from '../support/dav-client.ts';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith, run } from '../support/foreign-client.ts';
import { LARGE_BYTES } from '../support/large-file.ts';
import { requestsTo } from '../support/requests.ts';
import { ODD_NAMES, writeSampleFile } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const LOCK = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';

describeWith('cadaver', 'cadaver', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    const { hostname } = new URL(server.url);
    await writeFile(
      join(server.folder, '.netrc'),
      `machine ${hostname}\nlogin ${server.user}\npassword ${server.password}\n`,
      { mode: 0o600 },
    );
    await writeFile(join(server.folder, 'local file.txt'), 'from cadaver');
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function cadaver(...commands: string[]): Promise<string> {
    return cadaverAt('/ada/', ...commands);
  }

  async function cadaverAt(path: string, ...commands: string[]): Promise<string> {
    const { stdout, stderr } = await run('cadaver', [`${server.url}${path}`], {
      env: { HOME: server.folder, LC_ALL: 'C.UTF-8' },
      cwd: server.folder,
      input: `${commands.join('\n')}\nquit\n`,
    });
    return stdout + stderr;
  }

  it('makes, stores, lists, renames, copies, reads and deletes', async () => {
    const printed = await cadaver(
      'mkcol "new folder"',
      'put "local file.txt" "new folder/a #1.txt"',
      'move "new folder/a #1.txt" "new folder/b+2.txt"',
      'copy "new folder/b+2.txt" "new folder/c%3.txt"',
      'ls "new folder"',
      'cat "new folder/c%3.txt"',
      'rmcol "new folder"',
      'ls',
    );
    expect(printed).toMatch(/b\+2\.txt +12/);
    expect(printed).toMatch(/c%3\.txt +12/);
    expect(printed).toContain('from cadaver');
    expect(printed).not.toMatch(/failed/i);
    expect(server.mailboxes.ada.tree()).toEqual({});
    expect(server.emulator.violations).toEqual([]);
  });

  it('overwrites, and deletes a file', async () => {
    await writeFile(join(server.folder, 'other.txt'), 'something longer');
    const printed = await cadaverAt(
      '/grace/',
      'put "local file.txt" note.txt',
      'put other.txt note.txt',
      'cat note.txt',
      'delete note.txt',
    );
    expect(printed).toContain('something longer');
    expect(printed).not.toMatch(/failed/i);
    expect(server.mailboxes.grace.stat('/note.txt')).toBeUndefined();
  });

  it('keeps odd names', async () => {
    const printed = await cadaverAt(
      '/grace/',
      'mkcol odd',
      ...ODD_NAMES.map(name => `put "local file.txt" "odd/${name}"`),
      ...ODD_NAMES.map((name, index) => `get "odd/${name}" got${index}`),
      'ls odd',
    );
    expect(printed).not.toMatch(/failed/i);
    const names = ODD_NAMES.map(name => name.normalize('NFC'));
    expect(
      Object.keys(server.mailboxes.grace.tree())
        .filter(path => /^\/odd\/./.test(path))
        .sort(),
    ).toEqual(names.map(name => `/odd/${name}`).sort());
    for (const index of names.keys()) {
      expect(await readFile(join(server.folder, `got${index}`), 'utf8')).toBe('from cadaver');
    }
    expect(names.filter(name => !printed.includes(name))).toEqual([]);
  });

  it('locks a file, shows the lock, writes under it and unlocks it', async () => {
    await server.mailboxes.grace.put('/locked.txt', 'before');
    const from = requestsTo(server).length;
    const printed = await cadaverAt(
      '/grace/',
      'lock locked.txt',
      'discover locked.txt',
      'put "local file.txt" locked.txt',
      'unlock locked.txt',
    );
    expect(printed).toMatch(/Locking `locked\.txt': succeeded/);
    expect(printed).toMatch(/Lock token <(urn:uuid|opaquelocktoken):/);
    expect(printed).toMatch(/Unlocking `locked\.txt': succeeded/);
    expect(
      requestsTo(server)
        .slice(from)
        .filter(({ method }) => /LOCK|PUT/.test(method)),
    ).toMatchObject([
      { method: 'LOCK', status: 200 },
      { method: 'PUT', status: 204 },
      { method: 'UNLOCK', status: 204 },
    ]);
  });

  it('cannot write a file that somebody else has locked', async () => {
    await server.mailboxes.grace.put('/taken.txt', 'before');
    expect((await davClient(server)('LOCK', '/grace/taken.txt', {}, LOCK)).status).toBe(200);
    expect(await cadaverAt('/grace/', 'put "local file.txt" taken.txt')).toMatch(/failed:\s+423 Locked/);
    expect((await server.mailboxes.grace.read('/taken.txt')).toString()).toBe('before');
  });

  it('sets and reads a property of its own', async () => {
    const printed = await cadaverAt(
      '/grace/',
      'put "local file.txt" "with property.txt"',
      'propset "with property.txt" colour "blau und grün"',
      'propget "with property.txt" colour',
    );
    expect(printed).toContain('blau und grün');
    expect(printed).not.toMatch(/failed/i);
  });

  it('stores and reads a large file', async () => {
    const file = join(server.folder, 'large.bin');
    await writeSampleFile(file, LARGE_BYTES, 'cadaver');
    await cadaverAt('/grace/', 'put large.bin', 'get large.bin back.bin');
    expect(await sha256Of(join(server.folder, 'back.bin'))).toBe(await sha256Of(file));
    expect(server.emulator.violations).toEqual([]);
  });
});
