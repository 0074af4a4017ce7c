import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runCommand } from '../support/command.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const SECRETS = [
  ...['first-secret', 'second-secret', 'a key of the proxy', 'pass-of-proxy', PASSWORD_HASH],
  ...['key-in-a-header', 'another-header', 'key-in-a-query'],
];
const FILE = `
tenants:
  a: { tenantId: t, clientId: c, clientSecret: first-secret }
  b: { tenantId: u, clientId: c, clientSecretFile: s.txt }
mounts:
  - { mailbox: ada@contoso.com, tenant: a }
users:
  - { name: ada, passwordHash: "${PASSWORD_HASH}", mounts: "*" }
outbound: { proxy: "http://user:@pass-of-proxy@proxy:3128" }
tracing:
  endpoint: https://traces.example.com/v1/traces?key=key-in-a-query
  headers: { authorization: Bearer key-in-a-header, x-any: another-header }
signIn: { issuer: https://login.example.com, clientId: x, clientSecret: second-secret }
downloads: { proxy: { urls: [https://dl.example.com], keys: [{ secret: "a key of the proxy" }] } }
`;

describe('check-config --print', () => {
  it('prints every key with the value that counts and where that is from, and no secret', async () => {
    await using folder = await makeTempDir();
    const file = join(folder.path, 'config.yaml');
    await writeFile(file, FILE);
    await writeFile(join(folder.path, 's.txt'), 'third-secret');
    const env = { ONEDRIVE_WEBDAV__LISTEN__PORT: '9000', ONEDRIVE_WEBDAV__SIGN_IN__SESSION_HOURS: '2' };
    const { code, stdout } = await runCommand(['check-config', '--print', '--config', file], env);
    expect([code, stdout.split('\n').slice(0, 2)]).toEqual([
      0,
      [
        '# listen.port: from ONEDRIVE_WEBDAV__LISTEN__PORT',
        '# signIn.sessionHours: from ONEDRIVE_WEBDAV__SIGN_IN__SESSION_HOURS',
      ],
    ]);
    const printed = parse(stdout);
    expect(printed).toMatchObject({
      listen: { port: 9000, http2: true },
      outbound: { proxy: 'http://(hidden)@proxy:3128' },
      tenants: { a: { clientSecret: '(hidden)' }, b: { clientSecret: null, clientSecretFile: 's.txt' } },
      users: [{ name: 'ada', passwordHash: '(hidden)' }],
      signIn: { clientSecret: '(hidden)', sessionHours: 2 },
      downloads: { proxy: { keys: [{ secret: '(hidden)', mounts: '*' }] } },
      limits: { drainSeconds: 4 },
    });
    expect([...SECRETS, 'third-secret'].filter(secret => stdout.includes(secret))).toEqual([]);
  });

  it('does not print a wrong configuration', async () => {
    const env = { ONEDRIVE_WEBDAV__LISTEN__PORT: 'x' };
    const { code, stdout, stderr } = await runCommand(['check-config', '--print', '--config', 'none.yaml'], env);
    expect([code, stdout]).toEqual([78, '']);
    expect(stderr).toContain('ONEDRIVE_WEBDAV__LISTEN__PORT: listen.port: this is text: write a number');
  });
});
