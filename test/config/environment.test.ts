import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment, variableOf } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import { loadPlace } from '../../src/config/place.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const FILE = `
tenant: { tenantId: t, clientId: c, clientSecret: s }
mounts:
  - mailbox: ada@contoso.com
listen: { port: 1 }
auth: { anonymous: { mounts: [ada] } }
`;

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let file: string;

beforeAll(async () => {
  folder = await makeTempDir();
  file = join(folder.path, 'config.yaml');
  await writeFile(file, FILE);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

const named = (env: Record<string, string>) =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [`ONEDRIVE_WEBDAV__${name}`, value]));
const load = (env: Record<string, string>, from = file) => loadConfig(from, named(env));
const messageOf = async (env: Record<string, string>, from = file) =>
  load(env, from).then(
    () => 'no error',
    (error: Error) => error.message,
  );

describe('the environment', () => {
  it.each([
    [{ LISTEN__PORT: '9000' }, { listen: { port: 9000 } }],
    [{ LISTEN__TRUSTED_PROXIES: '[10.0.0.0/8]' }, { listen: { trustedProxies: ['10.0.0.0/8'] } }],
    [{ LISTEN__TRUSTEDPROXIES: '["::1"]' }, { listen: { trustedProxies: ['::1'] } }],
    [{ listen__http2: 'false' }, { listen: { http2: false } }],
    [
      { MOUNTS: '[{mailbox: ada@contoso.com}, {mailbox: alan@contoso.com}]' },
      { mounts: [{ name: 'ada' }, { name: 'alan' }] },
    ],
    [{ MOUNTS__0__READ_ONLY: 'true' }, { mounts: [{ name: 'ada', readOnly: true }] }],
    [{ MOUNTS__1__MAILBOX: 'grace@contoso.com' }, { mounts: [{ name: 'ada' }, { name: 'grace' }] }],
    [{ LIMITS__MAX_XML_BYTES: '2 MiB' }, { limits: { maxXmlBytes: 2 * 1024 ** 2 } }],
    [{ LIMITS__MAX_XML_BYTES: '4096' }, { limits: { maxXmlBytes: 4096 } }],
    [{ METRICS: 'true' }, { metrics: { token: undefined } }],
    [{ LISTEN: '{port: 7}', LISTEN__HOST: '::' }, { listen: { port: 7, host: '::' } }],
    [{ CONTROL__SOCKET: 'false' }, { control: { socket: false } }],
    [{ AUTH__ANONYMOUS__MOUNTS: '*' }, { auth: { anonymous: { mounts: '*' } } }],
    [{ AUTH__REALM: '123' }, { auth: { realm: '123' } }],
    [{ DOWNLOADS__POLICY: 'proxy' }, { downloads: { policy: 'proxy' } }],
    [{ DOWNLOADS__CUSTOM_HOST: 'null' }, { downloads: { customHost: null } }],
  ])('gives %j', async (env, expected) => {
    expect(await load(env as unknown as Record<string, string>)).toMatchObject(expected);
  });

  it('gives a secret as it is, also one that looks like a number or like YAML', async () => {
    for (const secret of ['007', 'yes', '{a: b}', '# no comment', '"quoted"']) {
      const { tenants } = await load({ TENANT__CLIENT_SECRET: secret });
      const { credential } = tenants[0]!;
      expect(credential.kind === 'secret' && credential.secret.reveal()).toBe(secret);
    }
  });

  it('finds the tenants of the file whatever the case, and names others in lower case', async () => {
    const tenants = join(folder.path, 'tenants.yaml');
    const keys = '{ tenantId: t, clientId: c, clientSecret: s }';
    await writeFile(
      tenants,
      `tenants: { Contoso: ${keys} }\nmounts: [{ drive: d, name: ada, tenant: Contoso }]\nauth: { anonymous: { mounts: [ada] } }`,
    );
    const env = { TENANTS__CONTOSO__CLOUD: 'china', TENANTS__FABRIKAM: keys };
    expect((await load(env, tenants)).tenants).toMatchObject([
      { name: 'Contoso', cloud: 'china' },
      { name: 'fabrikam', cloud: 'global' },
    ]);
  });

  it.each([
    [{ LISTEN__PROT: '1' }, 'ONEDRIVE_WEBDAV__LISTEN__PROT: unknown key; did you mean ONEDRIVE_WEBDAV__LISTEN__PORT?'],
    [
      { LISTEN__TRUSTED_PROXYS: '[]' },
      'ONEDRIVE_WEBDAV__LISTEN__TRUSTED_PROXYS: unknown key; did you mean ONEDRIVE_WEBDAV__LISTEN__TRUSTED_PROXIES?',
    ],
    [{ LOG__ZZZZZZZZZZ: '1' }, 'ONEDRIVE_WEBDAV__LOG__ZZZZZZZZZZ: unknown key; known are ONEDRIVE_WEBDAV__LOG__LEVEL'],
    [
      { PUBLIC_URLS__X: 'a' },
      'unknown key: publicUrls has no keys; give its whole value, as YAML, in ONEDRIVE_WEBDAV__PUBLIC_URLS',
    ],
    [{ MOUNTS__5__MAILBOX: 'x@y' }, 'ONEDRIVE_WEBDAV__MOUNTS__5__MAILBOX: unknown key'],
    [{ LISTEN__PORT: '70000' }, 'ONEDRIVE_WEBDAV__LISTEN__PORT: listen.port: this is too large'],
    [{ LISTEN: '{port: 70000}' }, 'ONEDRIVE_WEBDAV__LISTEN: listen.port: this is too large'],
    [{ LISTEN__PORT: '[' }, 'ONEDRIVE_WEBDAV__LISTEN__PORT: listen.port: this is not YAML: '],
    [{ LISTEN__TLS__KEY_FILE: 'k' }, 'listen.tls.certificateFile: the key is missing'],
    [{ OUTBOUND__CA_FILE: 'no.pem' }, 'ONEDRIVE_WEBDAV__OUTBOUND__CA_FILE: outbound.caFile: cannot read "no.pem"'],
    [
      { LISTEN__HTTP2: 'true', LISTEN__HTTP_2: 'true' },
      'ONEDRIVE_WEBDAV__LISTEN__HTTP_2: listen.http2: ONEDRIVE_WEBDAV__LISTEN__HTTP2 gives it as well',
    ],
  ])('names the variable that is wrong: %j', async (env, message) => {
    expect(await messageOf(env as unknown as Record<string, string>)).toContain(message);
  });

  it('comes before the file, and a flag before the environment', async () => {
    const flag = { path: ['listen', 'port'], value: 3, source: '--port' };
    expect((await load({ LISTEN__PORT: '2' })).listen.port).toBe(2);
    expect((await loadConfig(file, named({ LISTEN__PORT: '2' }), { flags: [flag] })).listen.port).toBe(3);
    await expect(loadConfig(file, {}, { flags: [{ ...flag, value: 70_000 }] })).rejects.toThrow(
      /^--port: listen\.port: this is too/,
    );
  });

  it('can be the whole configuration', async () => {
    const none = join(folder.path, 'none.yaml');
    const env = {
      TENANT: '{tenantId: t, clientId: c, clientSecret: s}',
      MOUNTS: '[{mailbox: ada@contoso.com}]',
      DATA_DIR: 'state',
      AUTH__ANONYMOUS__MOUNTS: '*',
    };
    expect(await load(env, none)).toMatchObject({ dataDir: join(folder.path, 'state'), mounts: [{ name: 'ada' }] });
    expect(await messageOf({}, none)).toContain('cannot read the file');
    const { MOUNTS, ...less } = env;
    expect((await messageOf(less, none)).split('\n')).toEqual([
      `${none}: there is no such file, so only the environment counts`,
      `${none}: mounts: the key is missing: write a list`,
    ]);
    expect(MOUNTS).toBeDefined();
  });

  it('leaves other variables alone', () => {
    const env = { ONEDRIVE_WEBDAV_X: '1', PATH: '/bin', ONEDRIVE_WEBDAV__LISTEN__PORT: undefined };
    expect(readEnvironment({ ...env, ONEDRIVE_WEBDAV__LISTEN__PORT: '1' }, {}).overrides).toHaveLength(1);
    expect(readEnvironment({ PATH: '/bin', ONEDRIVE_WEBDAV_X: '1' }, {})).toEqual({ overrides: [], problems: [] });
  });

  it('has a name for each key', () => {
    expect(variableOf(['auth', 'bearer', 'audience'])).toBe('ONEDRIVE_WEBDAV__AUTH__BEARER__AUDIENCE');
    expect(variableOf(['mounts', 0, 'readOnly'])).toBe('ONEDRIVE_WEBDAV__MOUNTS__0__READ_ONLY');
  });
});

describe('loadPlace', () => {
  it('finds the server of a configuration that is wrong elsewhere, without its secrets', async () => {
    const wrong = join(folder.path, 'wrong.yaml');
    await writeFile(wrong, 'mountz: 1\ntenant: { clientSecretEnv: NOT_SET }\ndataDir: state\n');
    expect(await loadPlace(wrong, {})).toEqual({ dataDir: join(folder.path, 'state'), control: { socket: null } });
    expect(await loadPlace(wrong, named({ CONTROL__SOCKET: 'run/c.sock', DATA_DIR: '/d' }))).toEqual({
      ...{ dataDir: '/d', control: { socket: join(folder.path, 'run/c.sock') } },
    });
    await writeFile(wrong, 'control: { socket: true }\n');
    await expect(loadPlace(wrong, {})).rejects.toThrow(
      /:1: control\.socket: .*write a path, null for dataDir, or false/,
    );
  });
});
