import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { configSchema } from '../../src/config/schema.ts';
import { PASSWORD_HASH } from '../support/front-door.ts';
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
    ['secretEnv', 'KEY'],
    ['secretFile', 'key.txt'],
    ['secret', 'short'],
  ])('refuses a short key for a download proxy, also from %s', async (way, value) => {
    await using folder = await makeTempDir();
    const file = join(folder.path, 'config.yaml');
    const downloads = { proxy: { urls: ['https://dl.example.com'], keys: [{ [way]: value }] } };
    await writeFile(join(folder.path, 'key.txt'), 'short');
    await writeFile(file, JSON.stringify({ ...GOOD, downloads }));
    await expect(loadConfig(file, { KEY: 'short' })).rejects.toThrow(/a key has at least 16 characters/);
  });
});
