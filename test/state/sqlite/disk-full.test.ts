import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openState } from '../../../src/state/sqlite/state.ts';
import { type Dav, davClient } from '../../support/dav-client.ts';
import { lockInfo } from '../../support/locks.ts';
import { proppatch, set } from '../../support/properties.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

/** A small file system of its own can be made by root only. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tries(() => mountAt('/mnt'));

function mountAt(path: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', path], { stdio: 'ignore' });
  if (path === '/mnt') {
    execFileSync('umount', [path], { stdio: 'ignore' });
  }
}

function tries(work: () => void): boolean {
  try {
    work();
    return true;
  } catch {
    return false;
  }
}

/** Takes all room that is left; gives what frees it. */
function fillUp(folder: string): () => void {
  const file = join(folder, 'filling');
  const descriptor = openSync(file, 'w');
  while (tries(() => writeSync(descriptor, Buffer.alloc(4_096)))) {}
  closeSync(descriptor);
  return () => rmSync(file);
}

describe.skipIf(!canMount)('D15 a disk that is full (skipped where no file system can be mounted)', () => {
  let folder: Awaited<ReturnType<typeof makeTempDir>>;
  let data: string;
  let server: TestServer;
  let dav: Dav;

  beforeAll(async () => {
    folder = await makeTempDir();
    data = join(folder.path, 'data');
    await mkdir(data);
    mountAt(data);
    server = await startTestServer({ dataDir: data });
    dav = davClient(server);
    await dav('PUT', '/ada/file', {}, 'content');
    await dav('PUT', '/ada/._file', {}, 'side');
  });
  afterAll(async () => {
    await server?.stop();
    execFileSync('umount', [data]);
    await folder[Symbol.asyncDispose]();
  });

  const reads = async () => [
    (await dav('GET', '/ada/file')).text,
    (await dav('GET', '/ada/._file')).text,
    (await dav('PROPFIND', '/ada/', { Depth: '1' })).status,
  ];

  it('is 507 for what must be kept here, and reads go on; a server starts on it, too', async () => {
    const free = fillUp(data);
    const big = 'x'.repeat(60_000);
    const statuses = async () => [
      (await dav('PUT', '/ada/._big', {}, big.repeat(4))).status,
      (
        await proppatch(
          dav,
          '/ada/file',
          set(['a', 'b', 'c', 'd'].map(name => `<x:${name}>${big}</x:${name}>`).join('')),
        )
      ).status,
    ];
    expect(await statuses()).toEqual([507, 507]);
    const ready = await fetch(new URL('/-/readyz', server.url));
    expect([ready.status, await ready.text()]).toEqual([503, 'not ready: the disk of the data folder is full\n']);
    expect(await reads()).toEqual(['content', 'side', 207]);
    await server.restart();
    expect(await reads()).toEqual(['content', 'side', 207]);
    expect(await statuses()).toEqual([507, 507]);
    // A small change may find room in the log.
    expect([200, 507]).toContain((await dav('LOCK', '/ada/file', {}, lockInfo())).status);
    expect((await dav('PUT', '/ada/other', {}, 'kept by OneDrive')).status).toBe(201);
    free();
    expect((await dav('PUT', '/ada/._big', {}, big)).status).toBe(201);
    expect((await dav('LOCK', '/ada/other', {}, lockInfo())).status).toBe(200);
  });

  it('does not deny a DELETE or MOVE that OneDrive has done', async () => {
    for (const name of ['gone', 'moved']) {
      await dav('PUT', `/ada/${name}`, {}, 'x');
      await proppatch(dav, `/ada/${name}`, set('<x:a>1</x:a>'));
    }
    const free = fillUp(data);
    expect((await dav('DELETE', '/ada/gone')).status).toBe(204);
    expect((await dav('MOVE', '/ada/moved', { Destination: '/ada/elsewhere' })).status).toBe(201);
    expect((await dav('GET', '/ada/gone')).status).toBe(404);
    free();
  });

  it('is what the message says when a first start finds no room', async () => {
    const other = join(data, 'other');
    await mkdir(other);
    const free = fillUp(data);
    expect(() => openState(other)).toThrow(/the disk is full; make room/);
    free();
  });
});
