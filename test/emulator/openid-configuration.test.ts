import { createPublicKey, X509Certificate } from 'node:crypto';
import { jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/emulator.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { openidParty } from '../support/openid.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const LOGIN = 'https://login.microsoftonline.com';
const HOUR_MS = 60 * 60 * 1000;

let emulator: Emulator;
let client: MicrosoftClient;
let clock: FakeClock;

async function start(options: EmulatorOptions = {}): Promise<void> {
  clock = fakeClock(Date.now());
  emulator = await createEmulator({ clock, ...options });
  client = await microsoftClient(emulator);
}

async function stop(): Promise<void> {
  await client.close();
  await emulator.close();
}

beforeEach(() => start());
afterEach(stop);

const get = (path: string, login = LOGIN): Promise<MicrosoftAnswer> => client.plain(`${login}${path}`);
const kids = async (path = `/${emulator.tenantId}/discovery/v2.0/keys`) =>
  (await get(path)).json.keys.map(({ kid }: { kid: string }) => kid);

describe('the configuration', () => {
  it('of v2.0 names the endpoints by the tenant’s id, however the tenant was called', async () => {
    for (const name of [emulator.tenantId, emulator.domain]) {
      const { status, json, headers } = await get(`/${name}/v2.0/.well-known/openid-configuration`);
      const base = `${LOGIN}/${emulator.tenantId}`;
      expect([status, headers['access-control-allow-origin']]).toEqual([200, '*']);
      expect(json).toMatchObject({
        issuer: `${base}/v2.0`,
        authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
        token_endpoint: `${base}/oauth2/v2.0/token`,
        end_session_endpoint: `${base}/oauth2/v2.0/logout`,
        jwks_uri: `${base}/discovery/v2.0/keys`,
        userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
        scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
        id_token_signing_alg_values_supported: ['RS256'],
        subject_types_supported: ['pairwise'],
        msgraph_host: 'graph.microsoft.com',
        cloud_instance_name: 'microsoftonline.com',
      });
    }
  });

  it('of v1 has the issuer of v1 tokens and the endpoints without v2.0', async () => {
    const { json } = await get(`/${emulator.tenantId}/.well-known/openid-configuration`);
    expect(json).toMatchObject({
      issuer: `https://sts.windows.net/${emulator.tenantId}/`,
      token_endpoint: `${LOGIN}/${emulator.tenantId}/oauth2/token`,
      jwks_uri: `${LOGIN}/common/discovery/keys`,
      scopes_supported: ['openid'],
    });
  });

  it.each([
    ['common', `${LOGIN}/{tenantid}/v2.0`],
    ['organizations', `${LOGIN}/{tenantid}/v2.0`],
    ['consumers', `${LOGIN}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0`],
  ])('of %s leaves the tenant to the person', async (name, issuer) => {
    const { json } = await get(`/${name}/v2.0/.well-known/openid-configuration`);
    expect([json.issuer, json.token_endpoint]).toEqual([issuer, `${LOGIN}/${name}/oauth2/v2.0/token`]);
    expect((await get(`/${name}/discovery/v2.0/keys`)).json.keys).toHaveLength(1);
  });

  it.each([
    ['00000000-0000-0000-0000-000000000000', 90002],
    ['nonsense', 900023],
  ])('of %s is none: AADSTS%i', async (name, code) => {
    for (const path of ['v2.0/.well-known/openid-configuration', 'discovery/v2.0/keys']) {
      const { status, json } = await get(`/${name}/${path}`);
      expect([status, json.error_codes]).toEqual([400, [code]]);
    }
  });

  it.each([
    ['usgov', 'login.microsoftonline.us', 'login.microsoftonline.us', 'graph.microsoft.us'],
    ['china', 'login.chinacloudapi.cn', 'login.partner.microsoftonline.cn', 'microsoftgraph.chinacloudapi.cn'],
  ] as const)('of %s is its own, and not another cloud’s', async (cloud, host, issuer, graph) => {
    const tenant = emulator.addTenant({ name: 'fabrikam', cloud });
    const path = `/${tenant.tenantId}/v2.0/.well-known/openid-configuration`;
    const { json } = await get(path, `https://${host}`);
    expect(json.issuer).toBe(`https://${issuer}/${tenant.tenantId}/v2.0`);
    expect([json.token_endpoint, json.msgraph_host]).toEqual([
      `https://${host}/${tenant.tenantId}/oauth2/v2.0/token`,
      graph,
    ]);
    expect((await get(path)).json.error_codes).toEqual([90002]);
  });

  it('where the hosts are one leads there, and keeps the issuer that tokens have', async () => {
    const path = `/${emulator.tenantId}/v2.0/.well-known/openid-configuration`;
    const json = await (await fetch(`${emulator.proxy}${path}`)).json();
    expect(json).toMatchObject({
      issuer: `${LOGIN}/${emulator.tenantId}/v2.0`,
      authorization_endpoint: `${emulator.proxy}/${emulator.tenantId}/oauth2/v2.0/authorize`,
    });
  });
});

describe('the signing keys', () => {
  it('have a certificate whose thumbprint is their name and whose key is theirs', async () => {
    const [key] = (await get(`/${emulator.tenantId}/discovery/v2.0/keys`)).json.keys;
    const certificate = new X509Certificate(Buffer.from(key.x5c[0], 'base64'));
    const sha1 = Buffer.from(certificate.fingerprint.replaceAll(':', ''), 'hex').toString('base64url');
    expect([key.kty, key.use, key.kid, key.x5t]).toEqual(['RSA', 'sig', sha1, sha1]);
    expect(createPublicKey({ key, format: 'jwk' }).equals(certificate.publicKey)).toBe(true);
    expect(key.issuer).toBe(`${LOGIN}/${emulator.tenantId}/v2.0`);
  });

  it('are the same at the v1 address', async () => {
    expect(await kids('/common/discovery/keys')).toEqual(await kids());
  });

  it('roll: both are published for a day, and a verifier with the new one takes tokens of both', async () => {
    const [old] = await kids();
    const before = (await client.token()).json.access_token;
    await emulator.rollSigningKey();
    const after = (await client.token()).json.access_token;
    const party = await openidParty(emulator);
    const kidOf = async (token: string) => (await jwtVerify(token, party.keys)).protectedHeader.kid;
    const [current, ...former] = await kids();
    expect(former).toEqual([old]);
    expect([await kidOf(before), await kidOf(after)]).toEqual([old, current]);
    clock.advance(24 * HOUR_MS - 1);
    expect(await kids()).toEqual([current, old]);
    clock.advance(1);
    expect(await kids()).toEqual([current]);
    await party.close();
  });

  it('that were withdrawn are not published any more', async () => {
    const [old] = await kids();
    await emulator.rollSigningKey('withdrawn');
    expect(await kids()).not.toContain(old);
  });

  it('and tokens outlive the emulator when it keeps its state', async () => {
    await stop();
    await using folder = await makeTempDir();
    await start({ dataDir: folder.path });
    const { access_token } = (await client.token()).json;
    await emulator.rollSigningKey();
    const before = await kids();
    await stop();
    await start({ dataDir: folder.path });
    expect(await kids()).toEqual(before);
    const answer = await client.plain('https://graph.microsoft.com/v1.0/users', {
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(answer.status).toBe(200);
    await stop();
    await start();
  });
});

describe('the discovery of instances', () => {
  const ask = (endpoint: string) =>
    get(`/common/discovery/instance?api-version=1.1&authorization_endpoint=${encodeURIComponent(endpoint)}`);

  it('knows the hosts of each cloud and where the tenant is described', async () => {
    const { json } = await ask('https://login.chinacloudapi.cn/common/oauth2/v2.0/authorize');
    expect(json.tenant_discovery_endpoint).toBe(
      'https://login.chinacloudapi.cn/common/v2.0/.well-known/openid-configuration',
    );
    expect(json.metadata).toContainEqual({
      preferred_network: 'login.partner.microsoftonline.cn',
      preferred_cache: 'login.partner.microsoftonline.cn',
      aliases: ['login.chinacloudapi.cn', 'login.partner.microsoftonline.cn'],
    });
    expect(json.metadata).toHaveLength(3);
  });

  it.each(['https://login.evil.example/common/oauth2/v2.0/authorize', 'nonsense'])(
    'says invalid_instance of %s',
    async endpoint => {
      const { status, json } = await ask(endpoint);
      expect([status, json.error, json.error_codes]).toEqual([400, 'invalid_instance', [50049]]);
    },
  );
});

it('counts its operations by their names, and a Retry-After of Graph’s is none of its business', async () => {
  emulator.resetCalls();
  await get(`/${emulator.tenantId}/v2.0/.well-known/openid-configuration`);
  await get(`/${emulator.tenantId}/discovery/v2.0/keys`);
  await get('/common/discovery/instance');
  expect(emulator.calls.map(({ operation }) => operation)).toEqual([
    'openid-configuration',
    'signing-keys',
    'instance-discovery',
  ]);
  expect((await get('/common/other')).status).toBe(501);
});
