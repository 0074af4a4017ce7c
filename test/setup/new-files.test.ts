import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret } from '../../src/lib/secret.ts';
import { findExisting, placeFiles } from '../../src/setup/new-files.ts';
import { makeTempDir } from '../support/temp-dir.ts';

let folder: Awaited<ReturnType<typeof makeTempDir>>;

beforeEach(async () => {
  folder = await makeTempDir();
});
afterEach(() => folder[Symbol.asyncDispose]());

const FILES = [
  { name: 'secret.txt', content: new Secret('s3cret\n') },
  { name: 'config.yaml', content: new Secret('a: 1\n') },
];

async function texts(): Promise<Record<string, string>> {
  const names = await readdir(folder.path);
  return Object.fromEntries(
    await Promise.all(names.map(async name => [name, await readFile(join(folder.path, name), 'utf8')] as const)),
  );
}

describe('placeFiles', () => {
  it('writes files that their owner alone may read, and leaves nothing else', async () => {
    const placed = await placeFiles(join(folder.path), FILES, { replace: [] });
    expect(placed).toEqual([join(folder.path, 'secret.txt'), join(folder.path, 'config.yaml')]);
    expect(await texts()).toEqual({ 'secret.txt': 's3cret\n', 'config.yaml': 'a: 1\n' });
    for (const path of placed) {
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    }
  });

  it('makes the folder', async () => {
    await placeFiles(join(folder.path, 'a', 'b'), FILES, { replace: [] });
    expect(await readdir(join(folder.path, 'a', 'b'))).toEqual(['config.yaml', 'secret.txt']);
  });

  it('overwrites nothing, and removes the files that it has placed', async () => {
    await writeFile(join(folder.path, 'config.yaml'), 'mine');
    await expect(placeFiles(folder.path, FILES, { replace: [] })).rejects.toThrow(
      /config\.yaml already exists; --force replaces it/,
    );
    expect(await texts()).toEqual({ 'config.yaml': 'mine' });
  });

  it('replaces a file on request, with the mode of a secret', async () => {
    await writeFile(join(folder.path, 'config.yaml'), 'mine', { mode: 0o644 });
    await placeFiles(folder.path, FILES, { replace: [join(folder.path, 'config.yaml')] });
    expect((await texts())['config.yaml']).toBe('a: 1\n');
    expect((await stat(join(folder.path, 'config.yaml'))).mode & 0o777).toBe(0o600);
  });

  it('restores the replaced files when a later file cannot be placed', async () => {
    await writeFile(join(folder.path, 'secret.txt'), 'old');
    await writeFile(join(folder.path, 'config.yaml'), 'mine');
    const before = await stat(join(folder.path, 'secret.txt'));
    await expect(placeFiles(folder.path, FILES, { replace: [join(folder.path, 'secret.txt')] })).rejects.toThrow(
      /config\.yaml already exists/,
    );
    expect(await texts()).toEqual({ 'secret.txt': 'old', 'config.yaml': 'mine' });
    expect((await stat(join(folder.path, 'secret.txt'))).ino).toBe(before.ino);
  });

  it('removes a file that it was allowed to replace and that did not exist before', async () => {
    await writeFile(join(folder.path, 'config.yaml'), 'mine');
    await expect(placeFiles(folder.path, FILES, { replace: [join(folder.path, 'secret.txt')] })).rejects.toThrow();
    expect(await texts()).toEqual({ 'config.yaml': 'mine' });
  });

  it('begins with nothing where a folder has the name of a file', async () => {
    await mkdir(join(folder.path, 'config.yaml'));
    await writeFile(join(folder.path, 'secret.txt'), 'old');
    const replace = FILES.map(({ name }) => join(folder.path, name));
    await expect(placeFiles(folder.path, FILES, { replace })).rejects.toThrow(/config\.yaml is a folder/);
    expect(await readFile(join(folder.path, 'secret.txt'), 'utf8')).toBe('old');
    expect((await readdir(folder.path)).sort()).toEqual(['config.yaml', 'secret.txt']);
  });

  it('also shows the existing content', async () => {
    await writeFile(join(folder.path, 'certificate.pem'), 'pem');
    const verify = async (staging: string) => {
      expect((await readdir(staging)).sort()).toEqual(['certificate.pem', 'config.yaml', 'secret.txt']);
    };
    await placeFiles(folder.path, FILES, { replace: [], present: ['certificate.pem'], verify });
    expect(Object.keys(await texts()).sort()).toEqual(['certificate.pem', 'config.yaml', 'secret.txt']);
  });

  it('shows what it will place to somebody who may refuse it, whole and in one folder', async () => {
    const verify = async (staging: string) => {
      expect(await readFile(join(staging, 'secret.txt'), 'utf8')).toBe('s3cret\n');
      throw new Error('no good');
    };
    await expect(placeFiles(folder.path, FILES, { replace: [], verify })).rejects.toThrow('no good');
    expect(await readdir(folder.path)).toEqual([]);
  });
});

it('findExisting names the existing files', async () => {
  const [there, absent] = [join(folder.path, 'there'), join(folder.path, 'absent')];
  await writeFile(there, '');
  expect(await findExisting([absent, there])).toEqual([there]);
});
