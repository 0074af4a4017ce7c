import { describe, expect, it } from 'vitest';
import type { Drive } from '../../src/drive/drive.ts';
import { createMemoryDrive } from '../../src/drive/memory-drive.ts';
import { toDrivePath } from '../../src/drive/path.ts';
import { RootedDrive } from '../../src/shares/rooted-drive.ts';

const OPTIONS = { signal: new AbortController().signal };
const path = (text: string) => toDrivePath(text.split('/').filter(name => name !== ''));

async function* bytes(text: string) {
  yield Buffer.from(text);
}

async function makeDrive({
  target = 'folder',
  mayWrite = true,
}: {
  target?: 'file' | 'folder';
  mayWrite?: boolean;
} = {}) {
  const inner = createMemoryDrive();
  await inner.makeFolder(path('open'), OPTIONS);
  for (const name of ['secret.txt', 'open/a.txt']) {
    await inner.write(path(name), bytes(name), OPTIONS);
  }
  const at = path(target === 'file' ? 'open/a.txt' : 'open');
  const scope = inner.canonicalPath(at)[0]!;
  const drive: Drive = new RootedDrive({ inner, root: 'token', at, scope, target, mayWrite, since: new Date(0) });
  return { inner, drive };
}

/** Every operation that takes a path. */
const OPERATIONS: Readonly<Record<string, (drive: Drive, at: ReturnType<typeof path>) => Promise<unknown>>> = {
  stat: (drive, at) => drive.stat(at, OPTIONS),
  list: (drive, at) => drive.list(at, OPTIONS),
  read: (drive, at) => drive.read(at, OPTIONS),
  write: (drive, at) => drive.write(at, bytes('x'), OPTIONS),
  makeFolder: (drive, at) => drive.makeFolder(at, OPTIONS),
  remove: (drive, at) => drive.remove(at, OPTIONS),
  copyFrom: (drive, at) => drive.copy(at, path('token/copy'), { ...OPTIONS, overwrite: true, depth: 'infinity' }),
  copyTo: (drive, at) => drive.copy(path('token/a.txt'), at, { ...OPTIONS, overwrite: true, depth: 'infinity' }),
  moveFrom: (drive, at) => drive.move(at, path('token/copy'), { ...OPTIONS, overwrite: true }),
  moveTo: (drive, at) => drive.move(path('token/a.txt'), at, { ...OPTIONS, overwrite: true }),
  setTimes: (drive, at) => drive.setTimes(at, {}, OPTIONS),
  downloadUrl: (drive, at) => drive.downloadUrl(at, OPTIONS),
  changes: (drive, at) => drive.changes(at, { ...OPTIONS, level: 1 }),
  syncToken: (drive, at) => drive.syncToken(at, OPTIONS),
  search: (drive, at) => drive.search(at, 'a', { ...OPTIONS, limit: 9 }),
  details: (drive, at) => drive.details(at, OPTIONS),
  thumbnail: (drive, at) => drive.thumbnail(at, { ...OPTIONS, size: 'small' }),
  versions: (drive, at) => drive.versions(at, OPTIONS),
  readVersion: (drive, at) => drive.readVersion(at, '1', OPTIONS),
  restoreVersion: (drive, at) => drive.restoreVersion(at, '1', OPTIONS),
  scratch: (drive, at) => drive.scratch(at, OPTIONS),
  prepare: (drive, at) => drive.prepare(at, OPTIONS),
};

describe.each(['folder', 'file'] as const)('the tree of a share of a %s', target => {
  it.each(Object.keys(OPERATIONS))('refuses %s beside it, and never says that nothing is there', async name => {
    const { inner, drive } = await makeDrive({ target });
    for (const beside of ['secret.txt', 'open/a.txt', 'open', 'TOKEN/a.txt', '', 'other/a.txt']) {
      await expect(OPERATIONS[name]!(drive, path(beside)), beside).rejects.toMatchObject({
        code: expect.stringMatching(/^(forbidden|read-only)$/),
        message: expect.not.stringMatching(/open|secret/),
      });
    }
    expect((await inner.list(path('open'), OPTIONS)).map(entry => entry.name)).toEqual(['a.txt']);
  });

  it('gives places beside it no canonical path of an entry, no access and no changes', async () => {
    const { inner, drive } = await makeDrive({ target });
    for (const beside of ['secret.txt', 'open/a.txt', '', 'TOKEN/a.txt']) {
      expect(drive.canonicalPath(path(beside))[0]).toBe('-');
      expect([drive.access(path(beside)), drive.tellsChanges(path(beside))]).toEqual(['read', false]);
    }
    expect(drive.canonicalPath(path('token/a.txt'))).toEqual(inner.canonicalPath(path('open/a.txt')));
  });
});

it('a tree for reading refuses every change, and one for uploads the removal and the move of what is there', async () => {
  const changes = [
    'write',
    'makeFolder',
    'setTimes',
    'remove',
    'copyFrom',
    'copyTo',
    'moveFrom',
    'moveTo',
    'restoreVersion',
    'scratch',
  ];
  const { drive } = await makeDrive({ mayWrite: false });
  for (const name of changes) {
    await expect(OPERATIONS[name]!(drive, path('token/a.txt')), name).rejects.toMatchObject({ code: 'read-only' });
  }
  const { drive: takes } = await makeDrive();
  for (const name of changes.slice(3)) {
    await expect(OPERATIONS[name]!(takes, path('token/a.txt')), name).rejects.toMatchObject({ code: 'read-only' });
  }
});
