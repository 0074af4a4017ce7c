import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const CONFIG = `tenant: {tenantId: contoso.onmicrosoft.com, clientId: 7e0ff1a1-7e0f-4a1f-8a1f-7e0ff1a17e0f, clientSecret: s}
mounts: [{mailbox: ada@contoso.com, name: ada}]
auth:
  usersFile:
    path: users.htpasswd
`;

async function load(auth: string, users: string | undefined) {
  const folder = await makeTempDir();
  onTestFinished(() => folder[Symbol.asyncDispose]());
  await writeFile(join(folder.path, 'config.yaml'), CONFIG + auth);
  if (users !== undefined) {
    await writeFile(join(folder.path, 'users.htpasswd'), users);
  }
  return { folder: folder.path, config: await loadConfig(join(folder.path, 'config.yaml'), {}) };
}

it('a users file is found beside the configuration, and may be the only one that names users', async () => {
  const { config, folder } = await load('    mounts: {ada: read}\n', `dan:${PASSWORD_HASH}\n`);
  expect(config.auth.usersFile).toEqual({
    path: join(folder, 'users.htpasswd'),
    ...{ mounts: { ada: 'read' }, access: 'write', download: null, limits: null },
  });
});

it('a wrong line is a problem of the configuration, which names it and the cure', async () => {
  const wrong = load('    mounts: "*"\n', `dan:${PASSWORD_HASH}\nbob:{SHA}secret\n`);
  await expect(wrong).rejects.toThrow(
    /:5: auth\.usersFile\.path.*line 2 of "users\.htpasswd": .*"bob" has a SHA-1 hash; /,
  );
  await expect(load('    mounts: "*"\n', undefined)).rejects.toThrow(/:5: .*cannot read "users\.htpasswd"/);
});

it('unknown mounts of a users file and of guests are named', async () => {
  const wrong = load('    mounts: [adda]\n  anonymous: {mounts: [public]}\n', '');
  await expect(wrong).rejects.toThrow(
    /usersFile\.mounts\.0.*no mount "adda"[\s\S]*anonymous\.mounts\.0.*no mount "public"/,
  );
});
