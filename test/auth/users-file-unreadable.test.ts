import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { UsersFile } from '../../src/auth/users-file.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

it('a users file that could not be opened is read later, so that a removed user does not stay', async () => {
  const folder = await makeTempDir();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  const path = join(folder.path, 'users.htpasswd');
  await writeFile(path, `ada:${PASSWORD_HASH}\nbob:${PASSWORD_HASH}\n`);
  const logged: string[] = [];
  const log = { info: () => {}, warn: (line: string) => void logged.push(line) };
  const rights = { rights: { rules: [] } };
  let failure: Error | undefined;
  const readText = (from: string) => (failure === undefined ? readFile(from, 'utf8') : Promise.reject(failure));
  const file = await UsersFile.open({ path, rights, isTaken: () => false, log, clock: fakeClock(), readText });
  await writeFile(path, `ada:${PASSWORD_HASH}\n`);
  failure = Object.assign(new Error('too many open files'), { code: 'EMFILE' });
  for (let look = 0; look < 4; look += 1) {
    await file.look();
  }
  expect([file.find('bob')?.user.name, logged.length]).toEqual(['bob', 1]);
  failure = undefined;
  await file.look();
  expect([file.find('ada')?.user.name, file.find('bob')]).toEqual(['ada', undefined]);
});
