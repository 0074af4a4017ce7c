import { readdir, readFile, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith, mustRun, run } from '../support/foreign-client.ts';
import { LARGE_BYTES } from '../support/large-file.ts';
import { requestsTo } from '../support/requests.ts';
import { ODD_NAMES, writeSampleFile } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('lftp', 'lftp', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
    await writeFile(join(server.folder, 'note.txt'), 'from lftp');
  });
  afterAll(async () => {
    await server?.stop();
  });

  /**
   * A session that ends with the first command that fails. `http:use-propfind` stays off: with it lftp 4.9.2 ends each
   * `put` with a PROPPATCH whose Authorization comes after the body (Http::SendProppatch), so that nobody can grant it.
   * And Debian builds it without an XML parser: what it lists with is the page for browsers, for which it has to ask.
   */
  function session(commands: readonly string[]) {
    // The first try is the one without a password.
    const settings = ['set cmd:fail-exit yes', 'set net:max-retries 2', 'set http:accept text/html'];
    const script = [...settings, ...commands, 'bye'].join('; ');
    const args = ['-u', `${server.user},${server.password}`, '-e', script, `${server.url}/ada/`];
    return ['lftp', args, { cwd: server.folder, env: { HOME: server.folder, LC_ALL: 'C.UTF-8' } }] as const;
  }

  async function lftp(...commands: string[]): Promise<string> {
    return (await mustRun(...session(commands))).stdout;
  }

  /** What the tenant has at and below a path. */
  function entries(path: string): string[] {
    return Object.keys(server.mailboxes.ada.tree())
      .filter(entry => entry.startsWith(path))
      .sort();
  }

  it('makes a folder, stores, overwrites, renames, reads and deletes', async () => {
    await lftp('mkdir "new folder"', 'put note.txt -o "new folder/a #1.txt"');
    expect(await lftp('cat "new folder/a #1.txt"')).toContain('from lftp');
    await writeFile(join(server.folder, 'other.txt'), 'something else');
    await lftp('put other.txt -o "new folder/a #1.txt"', 'mv "new folder/a #1.txt" "new folder/b+2.txt"');
    expect(await lftp('cat "new folder/b+2.txt"')).toContain('something else');
    expect(entries('/new folder')).toEqual(['/new folder/', '/new folder/b+2.txt']);
    await lftp('rm "new folder/b+2.txt"', 'rmdir "new folder"');
    expect(entries('/new folder')).toEqual([]);
  });

  it('lists with the page for browsers, and the sizes that HEAD tells', async () => {
    await lftp('mkdir listed', 'mkdir listed/folder', 'put note.txt -o "listed/a file.txt"');
    expect((await lftp('cls --size --block-size=1 listed')).split('\n').map(line => line.trim())).toEqual(
      expect.arrayContaining(['9 listed/a file.txt', '0 listed/folder/']),
    );
    expect(await lftp('find listed')).toBe('listed/\nlisted/a file.txt\nlisted/folder/\n');
    await lftp('rm -r listed');
    expect(entries('/listed')).toEqual([]);
  });

  it('mirrors odd names there and back, and has nothing to do the second time', async () => {
    const [here, back] = [join(server.folder, 'here'), join(server.folder, 'back')];
    const names = [...new Set(ODD_NAMES.map(name => name.normalize('NFC')))].sort();
    for (const name of names) {
      await writeSampleFile(join(here, 'folder', name), 1000, name);
    }
    await lftp('mirror -R here there');
    expect(entries('/there')).toEqual(
      ['/there/', '/there/folder/', ...names.map(name => `/there/folder/${name}`)].sort(),
    );
    const from = requestsTo(server).length;
    await lftp('mirror -R here there', 'mirror there back');
    expect(requestsTo(server).slice(from)).not.toContainEqual(expect.objectContaining({ method: 'PUT' }));
    expect((await readdir(join(back, 'folder'))).sort()).toEqual(names);
    for (const name of names) {
      expect(await sha256Of(join(back, 'folder', name))).toBe(await sha256Of(join(here, 'folder', name)));
    }
  });

  it('stores a decomposed name as OneDrive keeps it, and finds it by that name', async () => {
    await lftp('mkdir decomposed', 'put note.txt -o "decomposed/e\u0301.txt"');
    expect(entries('/decomposed')).toEqual(['/decomposed/', '/decomposed/\u00e9.txt']);
    expect(await lftp('cat "decomposed/e\u0301.txt"')).toContain('from lftp');
  });

  it('stores a large file, and reads it back in four parts at once', async () => {
    const file = join(server.folder, 'large.bin');
    await writeSampleFile(file, LARGE_BYTES, 'lftp');
    await lftp('put large.bin', 'pget -n 4 large.bin -o back.bin');
    expect(await sha256Of(join(server.folder, 'back.bin'))).toBe(await sha256Of(file));
    const parts = requestsTo(server).filter(({ method, path }) => method === 'GET' && path === '/ada/large.bin');
    expect(parts.map(({ status }) => status)).toContain(206);
  });

  it('goes on with a download that was cut off', async () => {
    await writeSampleFile(join(server.folder, 'resume.bin'), 300_000, 'resume');
    await lftp('put resume.bin', 'get resume.bin -o resumed.bin');
    await truncate(join(server.folder, 'resumed.bin'), 100_000);
    await lftp('get -c resume.bin -o resumed.bin');
    expect(await readFile(join(server.folder, 'resumed.bin'))).toEqual(
      await readFile(join(server.folder, 'resume.bin')),
    );
    expect(requestsTo(server)).toContainEqual(expect.objectContaining({ path: '/ada/resume.bin', status: 206 }));
  });

  it('is refused when it goes on with an upload: it sends the rest only, in a PUT with a Range', async () => {
    await writeSampleFile(join(server.folder, 'upload.bin'), 60_000, 'upload');
    await lftp('put upload.bin');
    await writeSampleFile(join(server.folder, 'upload.bin'), 100_000, 'upload');
    expect((await run(...session(['put -c upload.bin']))).stderr).toMatch(/^put: .*400/m);
    expect(server.mailboxes.ada.stat('/upload.bin')!.size).toBe(60_000);
  });

  it('keeps the time of a file, with X-OC-Mtime', async () => {
    const time = new Date('2020-02-03T04:05:06Z');
    await utimes(join(server.folder, 'note.txt'), time, time);
    await lftp('put note.txt -o timed.txt', 'get timed.txt -o timed-back.txt');
    expect(server.mailboxes.ada.stat('/timed.txt')!.modified).toEqual(time);
    expect((await stat(join(server.folder, 'timed-back.txt'))).mtime).toEqual(time);
  });

  it('left no violation behind', () => {
    expect(server.emulator.violations).toEqual([]);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });
});
