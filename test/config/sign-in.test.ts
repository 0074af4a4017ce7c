import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const TENANT = 'tenantId: 01234567-89ab-cdef-0123-456789abcdef, clientId: app, clientSecret: x';
const PEOPLE = ['mounts: [{ mailboxes: { match: "*" } }]', 'people: [{ mounts: own }]'];
const GOOD = [`tenant: { ${TENANT} }`, ...PEOPLE];
const ISSUER = 'issuer: "https://login.example/realms/main", clientId: files';

let folder: Awaited<ReturnType<typeof makeTempDir>>;
let count = 0;

beforeAll(async () => {
  folder = await makeTempDir();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function load(lines: readonly string[], env: Record<string, string> = {}): Promise<Config> {
  count += 1;
  const file = join(folder.path, `${count}.yaml`);
  await writeFile(file, lines.join('\n'));
  return loadConfig(file, env);
}

const problemsOf = async (...lines: string[]): Promise<string> => {
  const error = await load(lines).catch((thrown: unknown) => thrown);
  return error instanceof ConfigError ? error.message : 'no problem';
};

describe('signIn', () => {
  it('is Microsoft for eight hours by default', async () => {
    expect((await load(GOOD)).signIn).toEqual({
      ...{ issuer: null, clientId: null, claim: null, loginHost: null, tenant: null, sessionHours: 8 },
      clientSecret: undefined,
    });
  });

  it('reads the secret of another issuer, and never shows it', async () => {
    await writeFile(join(folder.path, 'secret'), 'of the issuer\n');
    const { signIn } = await load([...GOOD, `signIn: { ${ISSUER}, clientSecretFile: secret }`]);
    expect(signIn.clientSecret?.reveal()).toBe('of the issuer');
    expect(inspect(signIn, { depth: 9 })).not.toContain('of the issuer');
  });

  it.each([
    ['signIn: { issuer: "http://login.example", clientId: x }', /signIn.issuer: write the issuer as an https URL/],
    ['signIn: { issuer: "https://login.example?a=b", clientId: x }', /signIn.issuer: write the issuer as an https URL/],
    ['signIn: { issuer: "https://login.example" }', /signIn.clientId: write the client id/],
    ['signIn: { clientId: x }', /signIn.clientId: this key needs issuer/],
    ['signIn: { claim: upn }', /signIn.claim: this key needs issuer/],
    ['signIn: { sessionHours: 0 }', /signIn.sessionHours/],
    [`signIn: { ${ISSUER}, clientSecret: a, clientSecretEnv: b }`, /give the secret in one way only/],
    [`signIn: { ${ISSUER}, clientSecretEnv: NOT_SET }`, /the environment variable NOT_SET is not set/],
    [`signIn: { ${ISSUER}, tenant: contoso }`, /signIn.tenant: leave it out/],
    ['signIn: { tenant: contoso }', /signIn.tenant: there is no tenant "contoso"/],
  ])('refuses %s', async (line, message) => {
    expect(await problemsOf(...GOOD, line)).toMatch(message);
  });

  it('may be of an issuer on this machine without https', async () => {
    expect(await problemsOf(...GOOD, 'signIn: { issuer: "http://127.0.0.1:9000", clientId: x }')).toBe('no problem');
  });

  it('refuses a managed identity, unless another issuer signs people in', async () => {
    const managed = ['tenant: { tenantId: contoso.com, managedIdentity: true }', ...PEOPLE];
    expect(await problemsOf(...managed)).toMatch(/people: nobody can sign in with a managed identity/);
    expect(await problemsOf(...managed, `signIn: { ${ISSUER} }`)).toBe('no problem');
  });

  it('asks for one of several tenants, unless all rules are for one', async () => {
    const tenants = [
      `tenants: { contoso: { ${TENANT} }, fabrikam: { ${TENANT} } }`,
      'mounts: [{ mailboxes: { match: "*" }, tenant: contoso }]',
    ];
    expect(await problemsOf(...tenants, 'people: [{ mounts: own, tenant: contoso }]')).toBe('no problem');
    const several = [...tenants, 'people: [{ tenant: contoso }, { tenant: fabrikam }]'];
    expect(await problemsOf(...several)).toMatch(/signIn.tenant: name one of the tenants: contoso, fabrikam/);
    expect(await problemsOf(...several, 'signIn: { tenant: contoso }')).toBe('no problem');
  });
});
