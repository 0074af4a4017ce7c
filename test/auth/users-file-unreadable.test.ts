import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { UsersFile } from '../../src/auth/users-file.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const disk = vi.hoisted(() => ({ failure: undefined as Error | undefined }));
vi.mock('node:fs/promises', async importActual => {
  const actual = await importActual<typeof import('node:fs/promises')>();
  const readFile = (...request: Parameters<typeof actual.readFile>) =>
    disk.failure === undefined ? actual.readFile(...request) : Promise.reject(disk.failure);
  return { ...actual, readFile };
});

it('a users file that could not be opened is read later, so that a removed user does not stay', async () => {
  const folder = await makeTempDir();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const path = join(folder.path, 'users.htpasswd');
  await writeFile(path, `ada:${PASSWORD_HASH}\nbob:${PASSWORD_HASH}\n`);
  const logged: string[] = [];
  const log = { info: () => {}, warn: (line: string) => void logged.push(line) };
  const rights = { rights: { rules: [] } };
  const file = await UsersFile.open({ path, rights, isTaken: () => false, log, clock: fakeClock() });
  await writeFile(path, `ada:${PASSWORD_HASH}\n`);
  disk.failure = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  for (let look = 0; look < 4; look += 1) {
    await file.look();
  }
  expect([file.find('bob')?.user.name, logged.length]).toEqual(['bob', 1]);
  disk.failure = undefined;
  await file.look();
  expect([file.find('ada')?.user.name, file.find('bob')]).toEqual(['ada', undefined]);
});
