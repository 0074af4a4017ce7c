import { describe, expect, it } from 'vitest';
import { parseConfigText } from '../../src/config/parse.ts';
import { type ConfigParts, renderConfig } from '../../src/setup/config-text.ts';

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const NOW = new Date('2026-11-25T12:00:00Z');

const PLAIN: ConfigParts = {
  listen: { host: '127.0.0.1', port: 8080 },
  publicUrl: undefined,
  dataDir: undefined,
  outbound: { proxy: undefined, caFile: undefined },
  tenant: { tenantId: 'contoso.com', clientId: '0f0e0d0c-0000-4000-8000-000000000000', clientSecretFile: './s.txt' },
  mounts: { mailboxes: [{ mailbox: 'ada@contoso.com', remark: 'Ada Lovelace' }], rule: undefined },
  readOnly: false,
  user: { name: 'ada', passwordHash: HASH },
};

const parse = (parts: Partial<ConfigParts>) =>
  parseConfigText(renderConfig({ ...PLAIN, ...parts }, NOW), 'config.yaml');

describe('renderConfig', () => {
  it('says what differs from the defaults, with a remark where one helps', () => {
    expect(renderConfig(PLAIN, NOW).split('\n').slice(2)).toEqual([
      '',
      'tenant:',
      '  tenantId: contoso.com # Directory (tenant) ID',
      '  clientId: 0f0e0d0c-0000-4000-8000-000000000000 # Application (client) ID',
      '  clientSecretFile: ./s.txt # renew it in Entra before it expires, put the new one there: it is read again',
      '',
      'mounts:',
      '  - mailbox: ada@contoso.com # Ada Lovelace',
      '',
      'users: # add a name and a hash for each further user; hash: onedrive-webdav hash-password',
      '  - name: ada',
      `    passwordHash: "${HASH}"`,
      '    mounts: "*" # or a list of mount names',
      '',
    ]);
  });

  it('says everything, and the server reads it so', () => {
    const { parsed, mailboxRules } = parse({
      listen: { host: '::', port: 0 },
      publicUrl: 'https://files.example.com/dav',
      dataDir: 'C:\\data # x',
      outbound: { proxy: 'http://proxy:3128', caFile: '/etc/a b.pem' },
      tenant: { cloud: 'usgov', ...PLAIN.tenant, contentHosts: ['cdn.example.com', '127.0.0.1'] },
      mounts: { mailboxes: [], rule: { match: ['*@a.com', 'b?@c'], exclude: ['svc-*'], group: undefined } },
      readOnly: true,
    });
    expect(parsed).toMatchObject({
      listen: { host: '::', port: 0 },
      publicUrls: ['https://files.example.com/dav'],
      dataDir: 'C:\\data # x',
      outbound: { proxy: 'http://proxy:3128', caFile: '/etc/a b.pem' },
      tenant: { cloud: 'usgov', contentHosts: ['cdn.example.com', '127.0.0.1'] },
      users: [{ name: 'ada', passwordHash: HASH, mounts: '*', access: 'read' }],
    });
    expect(mailboxRules).toMatchObject([
      { match: ['*@a.com', 'b?@c'], exclude: ['svc-*'], group: undefined, readOnly: true },
    ]);
  });

  it('mounts mailboxes and a rule side by side', () => {
    const group = '3f0e0d0c-0000-4000-8000-00000000000a';
    const { mounts, mailboxRules } = parse({
      mounts: {
        mailboxes: [{ mailbox: 'ada@contoso.com' }, { mailbox: 'ada@fabrikam.com', name: 'ada@fabrikam.com' }],
        rule: { match: ['*'], exclude: [], group },
      },
    });
    expect(mounts.map(({ name }) => name)).toEqual(['ada', 'ada@fabrikam.com']);
    expect(mailboxRules).toMatchObject([{ match: ['*'], group }]);
  });

  it('lets no name of a person out of its remark', () => {
    const remark = 'Eve\nusers: []\u2028x: 1';
    const { parsed } = parse({ mounts: { mailboxes: [{ mailbox: 'eve@contoso.com', remark }], rule: undefined } });
    expect(parsed.users).toHaveLength(1);
  });
});
