import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type FileStat, type WebDAVClient } from 'webdav';
import { sha256Of } from '../support/file-hash.ts';
import { LARGE_BYTES } from '../support/large-file.ts';
import { ODD_NAMES, writeSampleFile } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const QUOTA =
  '<propfind xmlns="DAV:"><prop><quota-used-bytes/><quota-available-bytes/><resourcetype/></prop></propfind>';

describe('the npm package webdav', () => {
  let server: TestServer;
  let client: WebDAVClient;

  beforeAll(async () => {
    server = await startTestServer();
    client = createClient(server.url, { username: server.user, password: server.password });
  });
  afterAll(async () => {
    await server?.stop();
  });

  async function list(folder: string): Promise<FileStat[]> {
    return (await client.getDirectoryContents(folder)) as FileStat[];
  }

  async function text(path: string): Promise<string> {
    return (await client.getFileContents(path, { format: 'text' })) as string;
  }

  it('connects, and finds the mounts at the root', async () => {
    expect((await list('/')).map(({ filename, type }) => [filename, type])).toEqual([
      ['/ada', 'directory'],
      ['/grace', 'directory'],
    ]);
    await expect(createClient(server.url, { username: 'x', password: 'y' }).exists('/ada')).rejects.toMatchObject({
      status: 401,
    });
  });

  it('makes folders, also several at once, and lists them', async () => {
    await client.createDirectory('/ada/folders');
    await client.createDirectory('/ada/folders/a/b/c', { recursive: true });
    expect((await list('/ada/folders/a/b')).map(({ basename, type }) => ({ basename, type }))).toEqual([
      { basename: 'c', type: 'directory' },
    ]);
    await expect(client.createDirectory('/ada/folders')).rejects.toMatchObject({ status: 405 });
    await expect(client.getDirectoryContents('/ada/folders', { deep: true })).rejects.toMatchObject({ status: 403 });
  });

  it('writes, reads, overwrites, and leaves alone what it is not to overwrite', async () => {
    expect(await client.putFileContents('/ada/note.txt', 'first')).toBe(true);
    expect(await client.putFileContents('/ada/note.txt', 'second')).toBe(true);
    expect(await client.putFileContents('/ada/note.txt', 'third', { overwrite: false })).toBe(false);
    expect(await text('/ada/note.txt')).toBe('second');
    expect(await client.stat('/ada/note.txt')).toMatchObject({ type: 'file', size: 6, mime: 'text/plain' });
    expect(server.mailboxes.ada.stat('/note.txt')!.versions).toBe(2);
  });

  it('reads a range of a stream', async () => {
    await client.putFileContents('/ada/digits.txt', '0123456789');
    const range = client.createReadStream('/ada/digits.txt', { range: { start: 3, end: 6 } }) as Readable;
    expect((await range.toArray()).join('')).toBe('3456');
    const tail = client.createReadStream('/ada/digits.txt', { range: { start: 8 } }) as Readable;
    expect((await tail.toArray()).join('')).toBe('89');
  });

  it('renames and copies files and folders, over others only when it may', async () => {
    await client.createDirectory('/grace/one');
    await client.putFileContents('/grace/one/file.txt', 'moved');
    await client.putFileContents('/grace/other.txt', 'other');
    await client.moveFile('/grace/one/file.txt', '/grace/one/renamed.txt');
    await client.copyFile('/grace/one', '/grace/two');
    await expect(
      client.moveFile('/grace/one/renamed.txt', '/grace/other.txt', { overwrite: false }),
    ).rejects.toMatchObject({ status: 412 });
    await client.moveFile('/grace/one/renamed.txt', '/grace/other.txt');
    expect(Object.keys(server.mailboxes.grace.tree()).sort()).toEqual([
      '/one/',
      '/other.txt',
      '/two/',
      '/two/renamed.txt',
    ]);
    expect(await text('/grace/other.txt')).toBe('moved');
  });

  it('deletes, and tells whether an item exists', async () => {
    await client.putFileContents('/ada/gone.txt', 'x');
    expect(await client.exists('/ada/gone.txt')).toBe(true);
    await client.deleteFile('/ada/gone.txt');
    expect(await client.exists('/ada/gone.txt')).toBe(false);
    await expect(client.deleteFile('/ada/gone.txt')).rejects.toMatchObject({ status: 404 });
  });

  it('keeps odd names', async () => {
    await client.createDirectory('/ada/odd');
    for (const name of ODD_NAMES) {
      await client.putFileContents(`/ada/odd/${name}`, name);
    }
    const composed = ODD_NAMES.map(name => name.normalize('NFC')).sort();
    expect((await list('/ada/odd')).map(({ basename }) => basename).sort()).toEqual(composed);
    for (const name of ODD_NAMES) {
      expect(await text(`/ada/odd/${name}`)).toBe(name);
    }
    expect(Object.keys(server.mailboxes.ada.tree()).filter(path => path.startsWith('/odd/'))).toHaveLength(
      ODD_NAMES.length + 1,
    );
  });

  it('streams a large file there and back', async () => {
    const file = join(server.folder, 'large.bin');
    await writeSampleFile(file, LARGE_BYTES, 'npm');
    await upload(file, '/ada/large.bin');
    const back = client.createReadStream('/ada/large.bin') as Readable;
    expect(await sha256Of(back)).toBe(await sha256Of(file));
  });

  /** The callback is how the package says that the server has the file. */
  async function upload(file: string, path: string): Promise<void> {
    const stored = Promise.withResolvers<unknown>();
    const target = client.createWriteStream(path, {}, stored.resolve) as Writable;
    await pipeline(createReadStream(file), target);
    await stored.promise;
  }

  it('tells how much room there is, when it is asked by name: allprop leaves it out (RFC 4331 §2)', async () => {
    expect(await client.getQuota({ path: '/ada' })).toBeNull();
    expect(await client.getQuota({ path: '/ada', data: QUOTA })).toEqual({
      used: expect.any(Number),
      available: expect.any(Number),
    });
  });

  it('locks a file, so that only who knows the token may write it, and unlocks it with a token without brackets', async () => {
    await client.putFileContents('/ada/locked.txt', 'before');
    const { token, serverTimeout } = await client.lock('/ada/locked.txt');
    expect(token).toMatch(/^(urn:uuid|opaquelocktoken):/);
    expect(serverTimeout).toMatch(/^Second-\d+$/);
    await expect(client.putFileContents('/ada/locked.txt', 'by others')).rejects.toMatchObject({ status: 423 });
    await client.putFileContents('/ada/locked.txt', 'by the owner', { headers: { If: `(<${token}>)` } });
    await client.unlock('/ada/locked.txt', token);
    expect(await text('/ada/locked.txt')).toBe('by the owner');
    await client.putFileContents('/ada/locked.txt', 'by anybody');
  });

  it('says that it is class 2', async () => {
    expect((await client.getDAVCompliance('/ada')).compliance).toEqual(expect.arrayContaining(['1', '2']));
  });

  it('left no violation behind', () => {
    expect(server.emulator.violations).toEqual([]);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });
});
