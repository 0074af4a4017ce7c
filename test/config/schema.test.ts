import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const GOOD = {
  tenant: { tenantId: 't', clientId: 'c', clientSecret: 's' },
  mounts: [{ mailbox: 'ada@contoso.com' }],
  users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
};

describe('configSchema', () => {
  it.each(['headersTimeoutSeconds', 'idleTimeoutSeconds'])('refuses limits.%s of 0, which would mean never', key => {
    const issuesOf = (seconds: number) =>
      configSchema.safeParse({ ...GOOD, limits: { [key]: seconds } }).error?.issues.map(({ path }) => path.join('.'));
    expect(issuesOf(0)).toEqual([`limits.${key}`]);
    expect(issuesOf(1)).toBeUndefined();
  });
});

describe('loadConfig', () => {
  it('refuses a secret file that is empty, and says so once', async () => {
    await using folder = await makeTempDir();
    const file = join(folder.path, 'config.yaml');
    const tenant = { tenantId: 't', clientId: 'c', clientSecretFile: 'secret.txt' };
    await writeFile(join(folder.path, 'secret.txt'), ' \n');
    await writeFile(file, JSON.stringify({ ...GOOD, tenant }));
    await expect(loadConfig(file, {})).rejects.toMatchObject({
      problems: [{ key: 'tenant.clientSecretFile', message: '"secret.txt" is empty' }],
    });
  });

  it.each([
    ['short', 'a key has at least 16 characters: it is the password of a program'],
    ['a key, and another one', 'a key is sent in a header and in a list: use ASCII, without commas'],
    ['schlüssel-zum-glück', 'a key is sent in a header and in a list: use ASCII, without commas'],
    ['two lines\nof a key file', 'a key is sent in a header and in a list: use ASCII, without commas'],
  ])('refuses the key %j for a download proxy in the same words, wherever it is written', async (key, message) => {
    await using folder = await makeTempDir();
    const file = join(folder.path, 'config.yaml');
    await writeFile(join(folder.path, 'key.txt'), `${key}\n`);
    for (const given of [{ secret: key }, { secretFile: 'key.txt' }, { secretEnv: 'KEY' }]) {
      const downloads = { proxy: { urls: ['https://dl.example.com'], keys: [given] } };
      await writeFile(file, JSON.stringify({ ...GOOD, downloads }));
      await expect(loadConfig(file, { KEY: key })).rejects.toMatchObject({
        problems: [
          { key: `downloads.proxy.keys.0.${Object.keys(given)[0]}`, message: expect.stringContaining(message) },
        ],
      });
    }
  });

  it('takes a key from a file with a line end, and from the environment as it is', async () => {
    await using folder = await makeTempDir();
    const file = join(folder.path, 'config.yaml');
    const keys = [{ secretFile: 'key.txt' }, { secretEnv: 'KEY' }];
    await writeFile(join(folder.path, 'key.txt'), 'a key of the file\r\n');
    await writeFile(file, JSON.stringify({ ...GOOD, downloads: { proxy: { keys } } }));
    const load = async (KEY: string) => (await loadConfig(file, { KEY })).downloads.proxy.keys;
    expect((await load('a key of the shell')).map(({ secret }) => secret.reveal())).toEqual([
      'a key of the file',
      'a key of the shell',
    ]);
    await expect(load('a key of the shell ')).rejects.toThrow(/secretEnv: .* without commas or spaces at its ends/);
  });
});
