import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { writeSampleFile } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('curl', 'curl', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer({ download: 'redirect', emulator: { downloadBase: 'loopback' } });
  });
  afterAll(async () => {
    await server?.stop();
  });

  /** Prints the status and leaves what came in `out`. */
  async function curl(...args: string[]): Promise<{ status: string; body: Buffer }> {
    const out = join(server.folder, 'out');
    const { stdout } = await mustRun('curl', [
      '-sS',
      '-u',
      `${server.user}:${server.password}`,
      '-o',
      out,
      '-w',
      '%{http_code}',
      ...args,
    ]);
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
});
