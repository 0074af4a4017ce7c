import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hrefsOf } from '../support/dav-client.ts';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { ODD_NAMES, writeSampleFile } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
const ALL = '<propfind xmlns="DAV:"><allprop/></propfind>';

describeWith('curl', 'curl', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ download: 'redirect', emulator: { downloadBase: 'loopback' } });
  });
  afterAll(async () => {
    await server?.stop();
  });

  function credentials(): string {
    return `${server.user}:${server.password}`;
  }

  /** Prints the status and leaves what came in `out`. */
  async function curl(...args: string[]): Promise<{ status: string; body: Buffer }> {
    const out = join(server.folder, 'out');
    const { stdout } = await mustRun('curl', ['-sS', '-u', credentials(), '-o', out, '-w', '%{http_code}', ...args]);
    return { status: stdout, body: await readFile(out).catch(() => Buffer.alloc(0)) };
  }

  it('stores a file with a length, and one without', async () => {
    const file = join(server.folder, 'local.bin');
    await writeSampleFile(file, 5_000_000, 'curl');
    expect((await curl('-T', file, `${server.url}/ada/known.bin`)).status).toBe('201');
    expect((await curl('-T', file, '-H', 'Transfer-Encoding: chunked', `${server.url}/ada/known.bin`)).status).toBe(
      '204',
    );
    expect(await server.mailboxes.ada.read('/known.bin')).toEqual(await readFile(file));
  });

  it('follows the redirect to the content host, which would refuse our credentials', async () => {
    const file = join(server.folder, 'remote.bin');
    await writeSampleFile(file, 400_000, 'remote');
    await curl('-T', file, `${server.url}/grace/remote.bin`);
    expect((await curl(`${server.url}/grace/remote.bin`)).status).toBe('302');
    const followed = await curl('-L', '-r', '1000-1999', `${server.url}/grace/remote.bin`);
    expect(followed.status).toBe('206');
    expect(followed.body).toEqual((await readFile(file)).subarray(1000, 2000));
    expect(server.emulator.violations).toEqual([]);
  });

  it('reads several ranges at once where the bytes come through us', async () => {
    const proxied = await startTestServer({ download: 'proxy' });
    await proxied.mailboxes.ada.put('/file.txt', '0123456789');
    const { stdout } = await mustRun('curl', [
      ...['-sS', '-u', `${proxied.user}:${proxied.password}`, '-r', '0-1,5-6', `${proxied.url}/ada/file.txt`],
    ]);
    await proxied.stop();
    expect(stdout).toMatch(/bytes 0-1\/10\r\n\r\n01\r\n--\w+\r\n[\s\S]*bytes 5-6\/10\r\n\r\n56\r\n--\w+--\r\n$/);
  });

  it('makes folders, lists, renames, copies and deletes', async () => {
    const at = (path: string) => `${server.url}/ada/hand made/${path}`.replaceAll(' ', '%20');
    expect((await curl('-X', 'MKCOL', at(''))).status).toBe('201');
    const file = join(server.folder, 'small.txt');
    await writeSampleFile(file, 10, 'small');
    expect((await curl('-T', file, at('one.txt'))).status).toBe('201');
    expect((await curl('-X', 'MOVE', '-H', `Destination: ${at('two.txt')}`, at('one.txt'))).status).toBe('201');
    expect((await curl('-X', 'COPY', '-H', `Destination: ${at('three.txt')}`, at('two.txt'))).status).toBe('201');
    expect((await curl('-X', 'DELETE', at('two.txt'))).status).toBe('204');
    const listed = await curl('-X', 'PROPFIND', '-H', 'Depth: 1', '-d', ALL, at(''));
    expect(listed.status).toBe('207');
    expect(hrefsOf(listed.body.toString())).toEqual(['/ada/hand%20made/', '/ada/hand%20made/three.txt']);
  });

  it('keeps odd names', async () => {
    const file = join(server.folder, 'small.txt');
    await writeSampleFile(file, 10, 'small');
    await curl('-X', 'MKCOL', `${server.url}/ada/odd`);
    for (const name of ODD_NAMES) {
      expect((await curl('-T', file, `${server.url}/ada/odd/${encodeURIComponent(name)}`)).status).toBe('201');
      expect((await curl('-L', `${server.url}/ada/odd/${encodeURIComponent(name)}`)).body).toHaveLength(10);
    }
    const names = ODD_NAMES.map(name => name.normalize('NFC'));
    const listed = await curl('-X', 'PROPFIND', '-H', 'Depth: 1', '-d', ALL, `${server.url}/ada/odd/`);
    expect(hrefsOf(listed.body.toString()).slice(1).map(decodeURIComponent).sort()).toEqual(
      names.map(name => `/ada/odd/${name}`).sort(),
    );
  });

  it('stores 200 MB, and reads them from the content host', async () => {
    const file = join(server.folder, 'large.bin');
    await writeSampleFile(file, 200 * MIB, 'curl');
    expect((await curl('-T', file, `${server.url}/ada/large.bin`)).status).toBe('201');
    const back = join(server.folder, 'back.bin');
    await mustRun('curl', ['-sSfL', '-u', credentials(), '-o', back, `${server.url}/ada/large.bin`]);
    expect(await sha256Of(back)).toBe(await sha256Of(file));
  });

  it.each(['PROPFIND', 'LOCK', 'PROPPATCH'])('is told to go on when it asks leave for the body of %s', async method => {
    expect((await curl('-X', 'PUT', '-d', 'x', `${server.url}/ada/${method}.txt`)).status).toBe('201');
    const { stderr } = await mustRun('curl', [
      ...['-sSv', '-u', credentials(), '-X', method, '-d', BODIES[method]!, '-H', 'Depth: 0'],
      ...['-H', 'Expect: 100-continue', '--expect100-timeout', '5', `${server.url}/ada/${method}.txt`],
    ]);
    expect(stderr).toMatch(/< HTTP\/1\.1 100 Continue[\s\S]*< HTTP\/1\.1 20[07]/);
  });
});

const BODIES: Record<string, string> = {
  PROPFIND: ALL,
  LOCK: '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
  PROPPATCH: '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set></propertyupdate>',
};
