import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const GROUP = '01234567-89ab-cdef-0123-456789abcdef';
const ONE = 'tenant: { tenantId: t, clientId: c, clientSecret: s }';
const TWO = [
  'tenants:',
  '  contoso: { tenantId: t1, clientId: c1, clientSecret: s1 }',
  '  fabrikam: { tenantId: t2, clientId: c2, clientSecretEnv: SECRET, cloud: usgov }',
].join('\n');

let folder: Awaited<ReturnType<typeof makeTempDir>>;
beforeAll(async () => {
  folder = await makeTempDir();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function load(mounts: readonly string[], { tenant = ONE, users = '"*"', more = '' } = {}) {
  const file = join(folder.path, 'config.yaml');
  const lines = [
    tenant,
    'mounts:',
    ...mounts.map(mount => `  - ${mount}`),
    `users: [{ name: ada, passwordHash: "${PASSWORD_HASH}", mounts: ${users} }]`,
    more,
  ];
  await writeFile(file, lines.join('\n'));
  return loadConfig(file, { SECRET: 'from-env' });
}

/** The problems as `key: message`. */
async function problemsOf(...given: Parameters<typeof load>): Promise<string[]> {
  const error = await load(...given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ key, message }) => `${key}: ${message}`);
}

describe('mounts', () => {
  it('are of mailboxes, drives and sites, each with a name', async () => {
    const { mounts } = await load([
      '{ mailbox: ada@contoso.com }',
      '{ drive: "b!x", name: Archive }',
      '{ site: contoso.sharepoint.com/sites/marketing }',
      '{ site: contoso.sharepoint.com/sites/marketing, library: Plans }',
      '{ site: contoso.sharepoint.com, name: Intranet }',
    ]);
    expect(mounts.map(({ name, source, tenant }) => [name, source, tenant])).toEqual([
      ['ada', { kind: 'mailbox', mailbox: 'ada@contoso.com' }, 'default'],
      ['Archive', { kind: 'drive', driveId: 'b!x' }, 'default'],
      ['marketing', { kind: 'site', site: 'contoso.sharepoint.com/sites/marketing', library: undefined }, 'default'],
      [
        'marketing - Plans',
        { kind: 'site', site: 'contoso.sharepoint.com/sites/marketing', library: 'Plans' },
        'default',
      ],
      ['Intranet', { kind: 'site', site: 'contoso.sharepoint.com', library: undefined }, 'default'],
    ]);
  });

  it.each([
    ['{ name: x }', /^mounts\.0: name what is mounted with exactly one of mailbox, drive, site or mailboxes/],
    ['{ mailbox: a@x.y, drive: d, name: x }', /^mounts\.0: name what is mounted with exactly one/],
    ['{ drive: d }', /^mounts\.0\.drive: a drive given by its id needs a name/],
    ['{ mailbox: a@x.y, library: Plans }', /^mounts\.0\.library: this key needs site/],
    ['{ site: "https://contoso.sharepoint.com/sites/x" }', /^mounts\.0\.site: write the site as host and path/],
    ['{ site: contoso.sharepoint.com/sites/x/ }', /^mounts\.0\.site: write the site as host and path/],
    ['{ site: "contoso.sharepoint.com/sites/My%20Site" }', /^mounts\.0\.site: write the path without percent-encoding/],
    ['{ site: contoso.sharepoint.com/sites/.. }', /^mounts\.0\.site: write the path without empty and dot segments/],
    ['{ site: contoso.sharepoint.com/sites/x, library: A/B }', /^mounts\.0\.site: give the mount a name; "x - A\/B"/],
    ['{ mailbox: "@contoso.com" }', /^mounts\.0\.mailbox: give the mount a name; ""/],
    ['{ mailbox: "-@contoso.com" }', /^mounts\.0\.mailbox: give the mount a name; "-"/],
    ['{ mailboxes: {}, name: x }', /^mounts\.0\.name: leave it out/],
    ['{ mailboxes: { group: staff } }', /^mounts\.0\.mailboxes\.group: write the object id of the group/],
    ['{ mailboxes: { matches: "*" } }', /^mounts\.0\.mailboxes\.matches: unknown key; did you mean "match"\?/],
    ['{ mailbox: a@x.y, tenant: contoso }', /^mounts\.0\.tenant: there is no tenant "contoso"; there is only one/],
  ])('refuses %s', async (mount, problem) => {
    expect(await problemsOf([mount])).toEqual([expect.stringMatching(problem)]);
  });
});

it('names of mounts differ by more than case and composition', async () => {
  const twins = ['{ mailbox: ada@x.y, name: "B\u00fccher" }', '{ mailbox: eva@x.y, name: "bu\u0308cher" }'];
  expect(await problemsOf(twins)).toEqual([expect.stringMatching(/^mounts\.1\.name: mounts\.0 has the name .* too/)]);
});

describe('mounts by rule', () => {
  it('take one glob or several, and everybody by default', async () => {
    const { mounts, mailboxRules } = await load([
      '{ mailboxes: {}, readOnly: true }',
      '{ mailbox: ada@contoso.com }',
      `{ mailboxes: { match: "*@contoso.com", exclude: [svc-*], group: ${GROUP} }, root: /Public }`,
    ]);
    expect(mounts.map(({ name, position }) => [name, position])).toEqual([['ada', 1]]);
    expect(mailboxRules).toMatchObject([
      { match: ['*'], exclude: [], group: undefined, readOnly: true, root: [], position: 0 },
      { match: ['*@contoso.com'], exclude: ['svc-*'], group: GROUP, readOnly: false, root: ['Public'], position: 2 },
    ]);
  });

  it('leave open which mounts a user or a key may name', async () => {
    const users = '[whoever]';
    await expect(load(['{ mailboxes: {} }'], { users })).resolves.toBeDefined();
    expect(await problemsOf(['{ mailbox: ada@contoso.com }'], { users })).toEqual([
      'users.0.mounts.0: there is no mount "whoever"; there are: ada',
    ]);
  });

  it('must be opened by the key that signs their URLs', async () => {
    const more = (mounts: string) =>
      `downloads: { policy: download-proxy, proxy: { urls: ["https://dl.example.com"], keys: [{ secret: 0123456789abcdef, mounts: ${mounts} }] } }`;
    expect(await problemsOf(['{ mailboxes: {} }'], { more: more('[ada]') })).toEqual([
      expect.stringMatching(/^mounts\.0\.download: .*all mailboxes of the rule/),
    ]);
    await expect(load(['{ mailboxes: {} }'], { more: more('["*@contoso.com"]') })).resolves.toBeDefined();
  });
});

describe('globs of a user', () => {
  it('stand for mounts that are there', async () => {
    await expect(load(['{ mailbox: ada@contoso.com }'], { users: '["A*", "?da"]' })).resolves.toBeDefined();
    expect(await problemsOf(['{ mailbox: ada@contoso.com }'], { users: '["b*"]' })).toEqual([
      expect.stringMatching(/^users\.0\.mounts\.0: there is no mount "b\*"/),
    ]);
  });
});

describe('tenants', () => {
  it('are named, and mounts refer to them', async () => {
    const mounts = ['{ mailbox: ada@contoso.com, tenant: contoso }', '{ mailboxes: {}, tenant: fabrikam }'];
    const config = await load(mounts, { tenant: TWO });
    expect(config.tenants).toMatchObject([
      { name: 'contoso', tenantId: 't1', cloud: 'global' },
      { name: 'fabrikam', tenantId: 't2', cloud: 'usgov' },
    ]);
    expect([...config.mounts, ...config.mailboxRules].map(({ tenant }) => tenant)).toEqual(['contoso', 'fabrikam']);
  });

  it('need no name in mounts when there is one only', async () => {
    const tenant = 'tenants: { contoso: { tenantId: t, clientId: c, clientSecret: s } }';
    expect((await load(['{ mailbox: ada@contoso.com }'], { tenant })).mounts[0]!.tenant).toBe('contoso');
  });

  it('must be named in mounts when there are several', async () => {
    expect(await problemsOf(['{ mailbox: ada@contoso.com }'], { tenant: TWO })).toEqual([
      'mounts.0.tenant: name one of the tenants: contoso, fabrikam',
    ]);
  });

  it.each([
    ['', /^tenant: give the tenant: tenant, or tenants/],
    [`${ONE}\n${TWO}`, /^tenant: use tenant for one tenant or tenants for several, not both/],
    ['tenants: {}', /^tenants: name at least one tenant/],
    ['tenants: { "a b": { tenantId: t, clientId: c, clientSecret: s } }', /^tenants\.a b: .*letters, digits/],
    ['tenants: { a: { tenantId: t, clientId: c } }', /^tenants\.a: give the credential in exactly one way/],
    ['tenants: { a: { tenantID: t } }', /^tenants\.a\.tenantID: unknown key; did you mean "tenantId"\?/],
    [
      'tenants: { a: { tenantId: t, clientId: c, clientSecretEnv: NO } }',
      /^tenants\.a\.clientSecretEnv: .*NO is not set/,
    ],
    [
      'tenant: { tenantId: t, clientId: c, clientSecret: s, graphUrl: "http://g.x" }',
      /^tenant\.graphUrl: write an origin/,
    ],
    [
      'tenant: { tenantId: t, clientId: c, clientSecret: s, authorityHost: "https://l.x/" }',
      /^tenant\.authorityHost: /,
    ],
  ])('refuses %s', async (tenant, problem) => {
    expect(await problemsOf(['{ mailbox: ada@contoso.com }'], { tenant })).toContainEqual(
      expect.stringMatching(problem),
    );
  });

  it('may stand at other hosts than the cloud', async () => {
    const tenant =
      'tenant: { tenantId: t, clientId: c, clientSecret: s, authorityHost: "https://Login.example.com", graphUrl: "https://graph.example.com:443" }';
    expect((await load(['{ mailbox: a@x.y }'], { tenant })).tenants[0]).toMatchObject({
      authorityHost: 'https://login.example.com',
      graphUrl: 'https://graph.example.com',
    });
  });
});
