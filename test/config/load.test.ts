import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../../src/config/config-error.ts';
import { describedJsonSchema, findUndescribed } from '../../src/config/json-schema.ts';
import { loadConfig } from '../../src/config/load.ts';
import { configJsonSchema } from '../../src/config/schema.ts';
import type { TenantCredential } from '../../src/config/tenant-credential.ts';
import { createOriginReader } from '../../src/http/origin.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const GUID = '01234567-89ab-cdef-0123-456789abcdef';
const GOOD = [
  'tenant:',
  `  tenantId: ${GUID}`,
  '  clientId: app',
  '  clientSecret: top-secret',
  'mounts:',
  '  - mailbox: ada@contoso.com',
  'users:',
  `  - { name: ada, passwordHash: "${PASSWORD_HASH}", mounts: "*" }`,
];

const revealSecret = (credential: TenantCredential) => credential.kind === 'secret' && credential.secret.reveal();

describe('loadConfig', () => {
  let folder: Awaited<ReturnType<typeof makeTempDir>>;
  let count = 0;

  beforeAll(async () => {
    folder = await makeTempDir();
  });
  afterAll(async () => {
    await folder[Symbol.asyncDispose]();
  });

  async function write(lines: readonly string[]): Promise<string> {
    count += 1;
    const file = join(folder.path, `${count}.yaml`);
    await writeFile(file, lines.join('\n'));
    return file;
  }

  const load = async (lines: readonly string[], env: Record<string, string> = {}) =>
    loadConfig(await write(lines), env);

  /** The messages, without the file's name. */
  async function problemsOf(lines: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
    const file = await write(lines);
    const error = await loadConfig(file, env).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n').map(line => line.replace(`${file}:`, ''));
  }

  const replaced = (from: string, to: string) => GOOD.map(line => line.replace(from, to));

  it('fills in the defaults and freezes the result', async () => {
    const config = await load(GOOD);
    expect(config.listen).toEqual({
      host: '127.0.0.1',
      port: 8080,
      reusePort: false,
      basePath: [],
      trustedProxies: [],
      compression: true,
      cors: [],
      tls: undefined,
      http2: true,
    });
    expect(config.mounts).toMatchObject([{ name: 'ada', root: [], readOnly: false, download: 'auto' }]);
    expect(config.dataDir).toBe(join(folder.path, 'data'));
    expect(config.limits.maxXmlBytes).toBe(1024 ** 2);
    expect(Object.isFrozen(config.mounts[0])).toBe(true);
  });

  it.each([
    ['/', []],
    ['/dav', ['dav']],
    ['/a/b/', ['a', 'b']],
    ['/Dateien ü', ['Dateien ü']],
    ['/-x', ['-x']],
    ['/...', ['...']],
  ])('takes the base path %s', async (basePath, names) => {
    expect((await load([...GOOD, `listen: {basePath: "${basePath}"}`])).listen.basePath).toEqual(names);
  });

  it('takes addresses and networks of both kinds as trusted proxies', async () => {
    const networks = ['127.0.0.1', '10.0.0.0/8', '0.0.0.0/0', '::1', 'fd00::/8', '::ffff:10.0.0.0/104'];
    const config = await load([...GOOD, `listen: {trustedProxies: ${JSON.stringify(networks)}}`]);
    expect(config.listen.trustedProxies).toEqual(networks);
    expect(() => createOriginReader({ ...config.listen, publicUrls: [] })).not.toThrow();
  });

  it('names an unknown key with its line and the key that was probably meant', async () => {
    expect(await problemsOf([...GOOD, 'listne: {port: 1}'])).toEqual([
      '9: listne: unknown key; did you mean "listen"?',
    ]);
    expect(await problemsOf(replaced('  - mailbox: ada@contoso.com', '  - {mailbox: a@b.c, readonly: true}'))).toEqual([
      '6: mounts.0.readonly: unknown key; did you mean "readOnly"?',
    ]);
    expect((await problemsOf([...GOOD, 'log: {xyz: 1}']))[0]).toMatch(
      /^9: log.xyz: unknown key; known keys: level, format$/,
    );
  });

  it('reports everything that is wrong at once', async () => {
    expect(await problemsOf([...GOOD, 'listen: {port: 99999}', 'log: {level: loud}'])).toHaveLength(2);
  });

  it.each([
    ['listen: {port: "80"}', /^9: listen.port: /],
    ['listen: []', /^9: listen: /],
    ['listen: {cors: [https://app.example/]}', /^9: listen.cors.*: write an origin as browsers send it/],
    ['listen: {cors: ["https://app.example:443"]}', /^9: listen.cors.*: write an origin as browsers send it/],
    ['listen: {cors: [https://App.example]}', /^9: listen.cors.*: write an origin as browsers send it/],
    ['listen: {cors: [app.example]}', /^9: listen.cors.*: write an origin as browsers send it/],
    ['listen: {cors: ["null"]}', /^9: listen.cors.*: write an origin as browsers send it/],
    ['listen: {cors: ["*", "https://app.example"]}', /^9: listen.cors: "\*" allows every origin/],
    ['listen: {basePath: dav}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: ""}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: /a//b}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: /a?b}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: "/a#b"}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: /a%20b}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: "/a\\\\b"}', /^9: listen.basePath: write the path as \/a\/b/],
    ['listen: {basePath: /a/../b}', /^9: listen.basePath: write the path as .* without .* dot segments/],
    ['listen: {basePath: /.}', /^9: listen.basePath: write the path as .* without .* dot segments/],
    ['listen: {basePath: /-/dav}', /^9: listen.basePath: the path "\/-" belongs to the server's own pages/],
    ['listen: {basePath: 5}', /^9: listen.basePath: /],
    ['listen: {trustedProxies: 10.0.0.1}', /^9: listen.trustedProxies: /],
    ['listen: {trustedProxies: [::1, proxy.local]}', /^9: listen.trustedProxies.1: write an address or a network/],
    ['listen: {trustedProxies: [10.0.0.0/33]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: ["fd00::/129"]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: [10.0.0.0/]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: [10.0.0/8]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: [10.0.0.0/8/8]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: ["10.0.0.1:80"]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: ["[::1]"]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['listen: {trustedProxies: ["*"]}', /^9: listen.trustedProxies.0: write an address or a network/],
    ['publicUrls: [files.example.com]', /^9: publicUrls.0: write an absolute http or https URL/],
    ['publicUrls: [https://x/dav?y]', /^9: publicUrls.0: write an absolute http or https URL/],
    ['publicUrls: [ftp://x]', /^9: publicUrls.0: write an absolute http or https URL/],
    ['publicUrls: [https://x/%zz]', /^9: publicUrls.0: nothing .* below this URL: .* not percent-encoded UTF-8/],
    ['publicUrls: [https://y, https://x/a%2Fb]', /^9: publicUrls.1: nothing .* below this URL: .* slash or backslash/],
    ['publicUrls: [https://x/%ff]', /^9: publicUrls.0: nothing .* below this URL: .* not percent-encoded UTF-8/],
    ['publicUrls: ["https://u:p@x/"]', /^9: publicUrls.0: a public URL must not hold credentials/],
    ['limits: {maxXmlBytes: lots}', /^9: limits.maxXmlBytes: write a size/],
    ['limits: {maxUploadBytes: 1 PiB}', /^9: limits.maxUploadBytes: write a size/],
    ['outbound: {proxy: "socks5://x"}', /^9: outbound.proxy: write the proxy/],
    ['outbound: {caFile: missing.pem}', /^9: outbound.caFile: cannot read "missing.pem"/],
    ['auth: {realm: "a\\"b"}', /^9: auth.realm: /],
    ['graph: {maxConcurrentRequests: 0}', /^9: graph.maxConcurrentRequests: /],
    ['cache: {ttlSeconds: -1}', /^9: cache.ttlSeconds: /],
    ['a: [', /^9: /],
  ])('refuses %s, with its line', async (line, message) => {
    const [first] = await problemsOf([...GOOD, line]);
    expect(first).toMatch(message);
  });

  it.each([
    ['ada@contoso.com', 'ada@contoso.com\n    download: sometimes', /use auto, redirect, proxy or download-proxy/],
    ['ada@contoso.com', 'ada@contoso.com\n    download: download-proxy', /needs a URL in downloads.proxy.urls/],
    ['ada@contoso.com', 'ada@contoso.com\n    name: "-"', /belongs to the server's own pages/],
    ['ada@contoso.com', 'ada@contoso.com\n    name: a/b', /a mount name is a folder name/],
    ['ada@contoso.com', 'ada@contoso.com\n    root: /a/../b', /mounts.0.root: .*dot segment/],
    ['ada@contoso.com', GUID, /needs a name/],
    [
      'ada@contoso.com',
      'ada@contoso.com\n  - mailbox: ADA@fabrikam.com',
      /^7: mounts.1.mailbox: mounts.0 has the name "ADA" too \(line 6\)/,
    ],
    ['mounts: "*"', 'mounts: [ada, eva]', /there is no mount "eva"; there are: ada/],
    ['name: ada', 'name: "a:b"', /must not hold ":"/],
    ['clientSecret: top-secret', 'clientSecretEnv: NOT_SET', /the environment variable NOT_SET is not set/],
    ['clientSecret: top-secret', 'clientSecretFile: nowhere', /cannot read "nowhere"/],
    ['clientSecret: top-secret', 'cloud: global', /exactly one way/],
    ['  clientId: app', '  clientId: app\n  cloud: germany', /closed in 2021/],
  ])('refuses a config where %s is %j', async (from, to, message) => {
    expect((await problemsOf(replaced(from, to))).join('\n')).toMatch(message);
  });

  it.each([
    ['plain text', /not an argon2id hash/],
    ['$2b$10$abcdefghijklmnopqrstuv', /not an argon2id hash/],
    ['$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA', /too cheap/],
    ['$argon2id$v=19$m=99999999,t=1,p=1$c2FsdHNhbHRzYWx0$AAAAAAAAAAAAAAAAAAAAAA', /cost too much/],
  ])('refuses the password hash %s', async (hash, message) => {
    expect((await problemsOf(replaced(PASSWORD_HASH, hash)))[0]).toMatch(message);
  });

  it('reads the secret from a file or the environment, and never shows it', async () => {
    await writeFile(join(folder.path, 'secret.txt'), 'from-file\n');
    const fromFile = await load(replaced('clientSecret: top-secret', 'clientSecretFile: secret.txt'));
    const fromEnv = await load(replaced('clientSecret: top-secret', 'clientSecretEnv: SECRET'), { SECRET: 'from-env' });
    expect([fromFile, fromEnv].map(({ tenants }) => revealSecret(tenants[0]!.credential))).toEqual([
      'from-file',
      'from-env',
    ]);
    const shown = `${inspect(await load(GOOD), { depth: 9 })}${JSON.stringify((await load(GOOD)).tenants[0]!.credential)}`;
    expect(shown).not.toContain('top-secret');
    expect((await problemsOf([...GOOD, 'x: 1'])).join()).not.toContain('top-secret');
  });

  it('says so when there is no file', async () => {
    await expect(loadConfig(join(folder.path, 'nowhere.yaml'), {})).rejects.toThrow(/cannot read the file/);
  });
});

describe('config.example.yaml', () => {
  const file = new URL('../../config.example.yaml', import.meta.url);

  interface Schema {
    properties?: Record<string, Schema>;
    items?: Schema;
    anyOf?: Schema[];
    default?: unknown;
  }

  /** Lists with an entry in the example, though each of them may be empty: one must not. */
  const SHOWN = ['users', 'people'];
  const LIMITS = ['limits.perUser', 'limits.perMount', 'users.limits', 'people.limits', 'mounts.limits'];
  /** Groups that are absent by default; their line in the example says what one looks like. */
  const ABSENT = [
    'listen.tls',
    'auth.bearer',
    'auth.proxy',
    'auth.usersFile',
    'auth.anonymous',
    'metrics',
    'shares',
    ...LIMITS,
  ];

  /** Dotted key → default, for every key of the schema. */
  function flatten(schema: Schema, path = ''): [key: string, byDefault: unknown][] {
    const inner =
      schema.properties ?? schema.items?.properties ?? schema.anyOf?.find(each => each.properties)?.properties;
    // A list that is empty by default has no entry in the example either; its line says what one looks like.
    const isShown = SHOWN.includes(path) || JSON.stringify(schema.default) !== '[]';
    if (inner === undefined || ABSENT.includes(path) || !isShown) {
      return [[path, schema.default]];
    }
    return Object.entries(inner).flatMap(([name, member]) => flatten(member, path === '' ? name : `${path}.${name}`));
  }

  const schema = Object.fromEntries(flatten(configJsonSchema() as Schema));

  /** The same of the example. The entries of a list of objects stand for one, whose keys they share. */
  function values(value: unknown, path = ''): [string, unknown][] {
    if (Array.isArray(value) && typeof value[0] === 'object') {
      const all = value.flatMap(entry => values(entry, path));
      const isOpened = (key: string) => all.some(([other]) => other.startsWith(`${key}.`));
      return all.filter(([key], index) => !isOpened(key) && all.findIndex(([other]) => other === key) === index);
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return [[path, value]];
    }
    return Object.entries(value).flatMap(([name, member]) => values(member, path === '' ? name : `${path}.${name}`));
  }

  it('holds every key of the schema and no other', async () => {
    const example = Object.fromEntries(values(parse(await readFile(file, 'utf8'))));
    expect(Object.keys(example).sort()).toEqual(Object.keys(schema).sort());
  });

  it('holds the defaults', async () => {
    const example = Object.fromEntries(values(parse(await readFile(file, 'utf8'))));
    const differing = Object.entries(schema).filter(
      ([key, byDefault]) => byDefault !== undefined && JSON.stringify(example[key]) !== JSON.stringify(byDefault),
    );
    // The values that must be there for the example to be valid.
    expect(differing.map(([key]) => key)).toEqual([
      'tenant.clientId',
      'tenant.clientSecretFile',
      'mounts.mailbox',
      'mounts.mailboxes.match',
      'people.match',
    ]);
  });

  it('gives every key of the JSON Schema its description', async () => {
    const described = describedJsonSchema(await readFile(file, 'utf8'));
    expect(findUndescribed(described)).toEqual([]);
    expect(JSON.stringify(described)).toContain('"description":"0 picks a free port"');
    // A key without a comment and without a description in the schema would be found.
    expect(findUndescribed(describedJsonSchema('listen:\n  port: 8080\n'))).toContain('listen.port');
  });

  it('names its JSON Schema, which is beside it', async () => {
    const [first] = (await readFile(file, 'utf8')).split('\n');
    const name = /^# yaml-language-server: \$schema=(.*)$/.exec(first!)?.[1];
    expect(JSON.parse(await readFile(new URL(name!, file), 'utf8')).properties.mounts).toBeDefined();
  });

  it('has a comment on every key', async () => {
    const lines = (await readFile(file, 'utf8')).split('\n').filter(line => /^\s+-?\s*\w+: /.test(line));
    expect(lines.filter(line => !line.includes(' # '))).toEqual([]);
  });

  it('loads', async () => {
    const folder = await makeTempDir();
    try {
      await writeFile(join(folder.path, 'config.yaml'), await readFile(file));
      await writeFile(join(folder.path, 'client-secret.txt'), 'secret');
      expect((await loadConfig(join(folder.path, 'config.yaml'), {})).mounts).toHaveLength(1);
    } finally {
      await folder[Symbol.asyncDispose]();
    }
  });
});
