import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { hrefsOf } from '../support/dav-client.ts';
import { sha256Of } from '../support/file-hash.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { rcloneOnWebDav } from '../support/rclone.ts';
import { writeSampleFile } from '../support/sample-tree.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
const ALL = '<propfind xmlns="DAV:"><allprop/></propfind>';

let server: TestServer;
let folder: Awaited<ReturnType<typeof makeTempDir>>;

beforeAll(async () => {
  folder = await makeTempDir();
  const { certificate, key } = await makeCertificate({ kind: 'ec' });
  const [certificateFile, keyFile] = [join(folder.path, 'cert.pem'), join(folder.path, 'key.pem')];
  await writeFile(certificateFile, certificate);
  await writeFile(keyFile, key);
  const tls = `{ certificateFile: "${certificateFile}", keyFile: "${keyFile}" }`;
  server = await startTestServer({ yaml: [`listen: { host: 127.0.0.1, port: 0, tls: ${tls} }`] });
});
afterAll(async () => {
  await server?.stop();
  await folder?.[Symbol.asyncDispose]();
});

/** The versions of HTTP in the access log. */
function versions(from: number): Set<unknown> {
  const lines = server.logged.slice(from).map(line => JSON.parse(line) as { msg: string; http?: string });
  return new Set(lines.filter(({ msg }) => msg === 'request').map(({ http }) => http));
}

describeWith('curl', 'curl with HTTP/2', () => {
  /** Prints the status and the version, and what came. */
  async function curl(...args: string[]): Promise<{ outcome: string; body: string }> {
    const { stdout } = await mustRun('curl', [
      ...['-sSk', '--http2', '-w', '\n%{http_code} %{http_version}', '-u', `${server.user}:${server.password}`],
      ...args,
    ]);
    const [, body, outcome] = /^([\s\S]*)\n([^\n]*)$/.exec(stdout)!;
    return { outcome: outcome!, body: body! };
  }

  it('makes folders, stores, lists, renames, copies, reads ranges and deletes', async () => {
    const at = (path: string) => `${server.url}/ada/made/${path}`;
    expect((await curl('-X', 'MKCOL', at(''))).outcome).toBe('201 2');
    expect((await curl('-X', 'PUT', '-d', '0123456789', at('one.txt'))).outcome).toBe('201 2');
    expect((await curl('-X', 'MOVE', '-H', `Destination: ${at('two.txt')}`, at('one.txt'))).outcome).toBe('201 2');
    expect((await curl('-X', 'COPY', '-H', `Destination: ${at('three.txt')}`, at('two.txt'))).outcome).toBe('201 2');
    expect(await curl('-r', '2-4', at('three.txt'))).toEqual({ outcome: '206 2', body: '234' });
    expect((await curl('-X', 'DELETE', at('two.txt'))).outcome).toBe('204 2');
    const { body } = await curl('-X', 'PROPFIND', '-H', 'Depth: 1', '-d', ALL, at(''));
    expect(hrefsOf(body)).toEqual(['/ada/made/', '/ada/made/three.txt']);
    expect((await curl('-I', at('three.txt'))).outcome).toBe('200 2');
  });

  it('stores 100 MB, with and without a length, and reads them back', async () => {
    const file = join(folder.path, 'large.bin');
    await writeSampleFile(file, 100 * MIB, 'http2');
    const url = `${server.url}/ada/large.bin`;
    expect((await curl('-T', file, url)).outcome).toBe('201 2');
    const back = join(folder.path, 'back.bin');
    expect((await curl('-o', back, url)).outcome).toBe('200 2');
    expect(await sha256Of(back)).toBe(await sha256Of(file));
    const piped = ['-c', 'curl -sSk --http2 -u "$0" -T - -w "%{http_code} %{http_version}" "$1" < "$2"'];
    const { stdout } = await mustRun('sh', [...piped, `${server.user}:${server.password}`, url, file]);
    expect(stdout).toBe('204 2');
    const stored = await server.mailboxes.ada.read('/large.bin');
    expect(stored.equals(await readFile(file))).toBe(true);
  });

  it('gets the answer to a large file that it sends with a wrong password', async () => {
    const file = join(folder.path, 'refused.bin');
    await writeSampleFile(file, 20 * MIB, 'refused');
    const { outcome, body } = await curl('-u', 'nobody:wrong', '-T', file, `${server.url}/ada/refused.bin`);
    expect([outcome, body]).toEqual(['401 2', 'the name or the password is wrong\n']);
  });

  it('has a choice: HTTP/1.1 on the same port', async () => {
    expect((await curl('--http1.1', `${server.url}/-/healthz`)).outcome).toBe('200 1.1');
  });
});

describeWith('rclone', 'rclone, which takes HTTP/2 where it is offered', () => {
  it('copies a tree there and back with eight transfers on one connection', async () => {
    const rclone = await rcloneOnWebDav(folder.path, server);
    const source = join(folder.path, 'source');
    await mustRun('mkdir', ['-p', source]);
    for (const [index, size] of [0, 10, 70_000, 5 * MIB, 20 * MIB, 400, 500, 600].entries()) {
      await writeSampleFile(join(source, `file ${index}.bin`), size, `seed ${index}`);
    }
    const before = server.logged.length;
    const options = ['--no-check-certificate', '--transfers', '8'];
    await rclone('copy', source, 'dav:grace/tree', ...options);
    await rclone('copy', 'dav:grace/tree', join(folder.path, 'returned'), ...options);
    await mustRun('diff', ['-r', source, join(folder.path, 'returned')]);
    await rclone('purge', 'dav:grace/tree', ...options);
    expect([...versions(before)]).toEqual(['2.0']);
  });
});
