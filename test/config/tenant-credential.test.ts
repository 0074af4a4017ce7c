import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { daysFromNow, makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const PASSWORD = 'correct horse';

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let good: TestCertificate;
let other: TestCertificate;
let count = 0;

beforeAll(async () => {
  folder = await makeTempDir();
  [good, other] = await Promise.all([makeCertificate(), makeCertificate()]);
  await put('good.pem', good.certificate + good.key);
  await put('password.txt', `${PASSWORD}\n`);
  await put('wrong.txt', 'wrong\n');
  await put('token.jwt', 'a.b.c\n');
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
});

const put = (name: string, text: string) => writeFile(join(folder.path, name), text);

/** Loads a configuration with these keys in `tenant`, from line 3 on. */
async function load(tenant: Record<string, unknown>, env: Record<string, string> = {}) {
  count += 1;
  const file = join(folder.path, `${count}.yaml`);
  const keys = Object.entries(tenant).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`);
  const lines = [
    'tenant:',
    '  tenantId: contoso.com',
    ...keys,
    'mounts: [{ mailbox: ada@contoso.com }]',
    `users: [{ name: ada, passwordHash: "${PASSWORD_HASH}", mounts: "*" }]`,
  ];
  await writeFile(file, lines.join('\n'));
  return loadConfig(file, env);
}

const credentialOf = async (...given: Parameters<typeof load>) => (await load(...given)).tenants[0]!.credential;

/** The problems as `line: key: message`. */
async function problemsOf(...given: Parameters<typeof load>): Promise<string[]> {
  const error = await load(...given).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems.map(({ line, key, message }) => `${line}: ${key}: ${message}`);
}

const encrypted = (type: 'pkcs8' | 'pkcs1') =>
  createPrivateKey(good.key).export({ type, format: 'pem', cipher: 'aes-256-cbc', passphrase: PASSWORD }).toString();

async function expectGoodKeyPair(tenant: Record<string, unknown>): Promise<void> {
  const credential = await credentialOf({ clientId: 'app', ...tenant });
  const certificate = new X509Certificate(good.certificate);
  expect(credential).toMatchObject({ kind: 'certificate', clientId: 'app', expires: certificate.validToDate });
  const pem = credential.kind === 'certificate' ? credential.pem.reveal() : '';
  expect(new X509Certificate(pem).fingerprint256).toBe(certificate.fingerprint256);
  expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
}

describe('tenant.certificateFile', () => {
  it.each([
    ['a certificate and its key', () => good.certificate + good.key],
    ['the key first', () => good.key + good.certificate],
    [
      'Windows line ends and words between',
      () => `Bag Attributes\n${good.key}\n${good.certificate}`.replaceAll('\n', '\r\n'),
    ],
    ['certificates of issuers before its own', () => other.certificate + good.certificate + good.key],
    [
      'a key of the older form',
      () => good.certificate + createPrivateKey(good.key).export({ type: 'pkcs1', format: 'pem' }),
    ],
  ])('takes %s', async (_, text) => {
    await put('certificate.pem', text());
    await expectGoodKeyPair({ certificateFile: 'certificate.pem' });
  });

  it.each(['pkcs8', 'pkcs1'] as const)('opens an encrypted key (%s) with certificatePasswordFile', async type => {
    await put('encrypted.pem', good.certificate + encrypted(type));
    await expectGoodKeyPair({ certificateFile: 'encrypted.pem', certificatePasswordFile: 'password.txt' });
    const without = { clientId: 'app', certificateFile: 'encrypted.pem' };
    expect(await problemsOf(without)).toEqual([
      '4: tenant.certificateFile: the private key is encrypted; name the file with its password in certificatePasswordFile',
    ]);
    expect(await problemsOf({ ...without, certificatePasswordFile: 'wrong.txt' })).toEqual([
      '5: tenant.certificatePasswordFile: the password does not open the private key of certificateFile',
    ]);
  });

  it.each<[string, () => string | Promise<string>, RegExp]>([
    ['a .pfx', () => '0\u0082binary', /^4: tenant\.certificateFile: this is not a PEM file; "openssl pkcs12 /],
    ['nothing', () => '', /^4: tenant\.certificateFile: "bad\.pem" is empty$/],
    ['a key alone', () => good.key, /^4: tenant\.certificateFile: the file holds no certificate; /],
    ['a certificate alone', () => good.certificate, /^4: tenant\.certificateFile: the file holds no private key; /],
    [
      'a certificate that is cut off',
      () => `-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n${good.key}`,
      /holds a certificate that cannot be read/,
    ],
    [
      'a key that is cut off',
      () => `${good.certificate}-----BEGIN PRIVATE KEY-----\nMIIC\n-----END PRIVATE KEY-----\n`,
      /the private key cannot be read$/,
    ],
    [
      "another certificate's key",
      () => good.certificate + other.key,
      /the private key does not match the certificate$/,
    ],
    [
      'an expired certificate',
      () => joined({ notBefore: new Date('2019-01-02'), notAfter: new Date('2020-01-02') }),
      /the certificate expired on 2020-01-02; upload a new one/,
    ],
    [
      'a certificate for later',
      () => joined({ notBefore: daysFromNow(2) }),
      /the certificate is not valid before \d{4}-.*; check this machine's clock$/,
    ],
    [
      'an elliptic curve',
      () => joined({ kind: 'ec' }),
      /the private key has the type ec; Microsoft Entra accepts only RSA$/,
    ],
  ])('refuses %s, with its line', async (_, text, message) => {
    await put('bad.pem', await text());
    const problems = await problemsOf({ clientId: 'app', certificateFile: 'bad.pem' });
    expect(problems).toEqual([expect.stringMatching(message)]);
  });

  it('refuses a file that is not there, once', async () => {
    expect(await problemsOf({ clientId: 'app', certificateFile: 'nowhere.pem' })).toEqual([
      expect.stringMatching(/^4: tenant\.certificateFile: cannot read "nowhere\.pem"/),
    ]);
  });

  it('is never shown', async () => {
    const config = await load({ clientId: 'app', certificateFile: 'good.pem' });
    expect(`${inspect(config, { depth: 9 })}${JSON.stringify(config)}`).not.toMatch(/BEGIN|MII/);
  });
});

async function joined(options: Parameters<typeof makeCertificate>[0]): Promise<string> {
  const { certificate, key } = await makeCertificate(options);
  return certificate + key;
}

describe('tenant.managedIdentity', () => {
  it('is the one of the system, or the one with a client id', async () => {
    expect(await credentialOf({ managedIdentity: true })).toEqual({ kind: 'managed-identity', clientId: undefined });
    expect(await credentialOf({ managedIdentity: 'its-id' })).toEqual({ kind: 'managed-identity', clientId: 'its-id' });
  });

  it('refuses an application beside it, and a number', async () => {
    expect(await problemsOf({ clientId: 'app', managedIdentity: true })).toEqual([
      expect.stringMatching(/^3: tenant\.clientId: leave it out: a managed identity is not a registered application/),
    ]);
    expect(await problemsOf({ managedIdentity: 5 })).toEqual([
      '3: tenant.managedIdentity: use true, or the client id of a user-assigned managed identity',
    ]);
  });

  it('is refused where the library would take a workload identity for it', async () => {
    const env = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_FEDERATED_TOKEN_FILE: '/token' };
    expect(await problemsOf({ managedIdentity: true }, env)).toEqual([
      expect.stringMatching(/^3: tenant\.managedIdentity: .*; use workloadIdentity: true$/),
    ]);
    const { AZURE_CLIENT_ID: _, ...without } = env;
    expect((await credentialOf({ managedIdentity: true }, without)).kind).toBe('managed-identity');
  });
});

describe('tenant.workloadIdentity', () => {
  it('takes client id and file from the environment, or from the configuration before it', async () => {
    const env = { AZURE_CLIENT_ID: 'from-env', AZURE_FEDERATED_TOKEN_FILE: join(folder.path, 'good.pem') };
    expect(await credentialOf({ workloadIdentity: true }, env)).toEqual({
      kind: 'workload-identity',
      clientId: 'from-env',
      tokenFile: env.AZURE_FEDERATED_TOKEN_FILE,
    });
    const own = { workloadIdentity: true, clientId: 'own', federatedTokenFile: 'token.jwt' };
    expect(await credentialOf(own, env)).toEqual({
      kind: 'workload-identity',
      clientId: 'own',
      tokenFile: join(folder.path, 'token.jwt'),
    });
  });

  it('names everything that is missing at once', async () => {
    expect(await problemsOf({ workloadIdentity: true })).toEqual([
      expect.stringMatching(/^3: tenant\.workloadIdentity: .*AZURE_FEDERATED_TOKEN_FILE is not set; name the file in/),
      expect.stringMatching(/^3: tenant\.workloadIdentity: .*AZURE_CLIENT_ID is not set; write the client id to/),
    ]);
    const elsewhere = { clientId: 'app', workloadIdentity: true, federatedTokenFile: 'nowhere' };
    expect(await problemsOf(elsewhere)).toEqual([
      expect.stringMatching(/^5: tenant\.federatedTokenFile: cannot read "nowhere"/),
    ]);
  });
});

describe('a credential', () => {
  it.each([
    [{ clientId: 'app' }],
    [{ clientId: 'app', clientSecret: 'x', certificateFile: 'good.pem' }],
    [{ managedIdentity: true, workloadIdentity: true }],
    [{ clientId: 'app', clientSecret: 'x', managedIdentity: 'id' }],
  ])('is given in exactly one way, not as in %j', async tenant => {
    expect(await problemsOf(tenant)).toEqual([
      expect.stringMatching(
        /: tenant: give the credential in exactly one way: clientSecret, clientSecretFile, clientSecretEnv, certificateFile, managedIdentity or workloadIdentity$/,
      ),
    ]);
  });

  it.each([
    [{ clientSecret: 'x' }, /: tenant\.clientId: write the client id of the registered application$/],
    [{ certificateFile: 'good.pem' }, /: tenant\.clientId: write the client id of the registered application$/],
    [
      { clientId: 'app', clientSecret: 'x', certificatePasswordFile: 'password.txt' },
      /^5: tenant\.certificatePasswordFile: this key needs certificateFile$/,
    ],
    [
      { managedIdentity: true, federatedTokenFile: 'token.jwt' },
      /^4: tenant\.federatedTokenFile: this key needs workloadIdentity$/,
    ],
    [
      { clientSecret: 'x', clientId: 'app', certifcateFile: 'x' },
      /^5: tenant\.certifcateFile: unknown key; did you mean "certificateFile"\?$/,
    ],
  ])('%j is refused', async (tenant, message) => {
    expect(await problemsOf(tenant)).toEqual([expect.stringMatching(message)]);
  });
});
