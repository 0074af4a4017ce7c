import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { printEffective } from '../../src/config/effective.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { stateKey } from '../../src/config/state.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const GOOD = [
  'tenant: { tenantId: 01234567-89ab-cdef-0123-456789abcdef, clientId: app, clientSecret: x }',
  'mounts: [{ mailbox: ada@contoso.com }]',
  'people: [{ mounts: "*" }]',
];
const URL_ = 'postgres://u:very-private@db.example/state';
const KEY = randomBytes(32);

let folder: Awaited<ReturnType<typeof makeTempDir>>;

beforeAll(async () => {
  folder = await makeTempDir();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function fileWith(state: string): Promise<string> {
  const file = join(folder.path, 'config.yaml');
  await writeFile(file, [...GOOD, `state: { ${state} }`].join('\n'));
  return file;
}

const load = async (state: string, env: Record<string, string> = {}): Promise<Config> =>
  loadConfig(await fileWith(state), env);

const problemsOf = async (state: string): Promise<string> => {
  const error = await load(state).catch((thrown: unknown) => thrown);
  return error instanceof ConfigError ? error.message : 'no problem';
};

describe('state', () => {
  it('is a file in dataDir unless a database is given', async () => {
    expect((await load('')).state).toBeUndefined();
  });

  it('is in a database with its key, each given itself, in a file or in a variable, and prints neither', async () => {
    await writeFile(join(folder.path, 'url'), `${URL_}\n`);
    await writeFile(join(folder.path, 'key'), `${KEY.toString('base64')}\n`);
    await writeFile(join(folder.path, 'ca.pem'), 'the CA');
    const env = { DB: URL_, KEY: KEY.toString('hex') };
    for (const given of [
      `url: "${URL_}", key: "${KEY.toString('base64url')}"`,
      'urlFile: url, keyFile: key',
      'urlEnv: DB, keyEnv: KEY',
    ]) {
      const { state } = await load(`${given}, caFile: ca.pem, connections: 5`, env);
      expect(state!.url.reveal()).toBe(URL_);
      expect(stateKey(state!.key.reveal())).toEqual(KEY);
      expect(state).toMatchObject({ caPem: 'the CA', connections: 5 });
      expect(inspect(state, { depth: 9 })).not.toMatch(/very-private|base64/);
    }
  });

  it('is given by variables as well', async () => {
    const key = KEY.toString('base64');
    const env = { ONEDRIVE_WEBDAV__STATE__URL: URL_, ONEDRIVE_WEBDAV__STATE__KEY: key };
    expect((await load('', env)).state?.url.reveal()).toBe(URL_);
  });

  it('shows neither password nor key in the configuration that counts', async () => {
    const file = await fileWith(`url: "${URL_}?password=in-the-query", key: "${KEY.toString('hex')}"`);
    const shown = await printEffective(file, {});
    expect(shown).not.toMatch(new RegExp(`very-private|in-the-query|${KEY.toString('hex')}`));
    expect(shown).toContain('db.example');
  });

  it.each<[given: string, problem: RegExp]>([
    ['url: "mysql://db/x", key: x', /state.url: write the database as postgres:/],
    ...['1#2', '12/34', '1?2', '100%'].map((password): [string, RegExp] => [
      `url: "postgres://u:${password}@db.example/x", key: x`,
      /state.url: .*, with # .* as %23/,
    ]),
    ['url: "postgres://u@one.example,two.example/x", key: x', /state.url: write the database as/],
    [`url: "${URL_}"`, /state.key: the servers of a database need a common key.*openssl rand -base64 32/],
    [`url: "${URL_}", urlEnv: X, key: x`, /state.urlEnv: give the database in one way only/],
    [`url: "${URL_}", key: x, keyFile: y`, /state.keyFile: give the key in one way only/],
    [`url: "${URL_}", key: short`, /state.key: the key must be 32 bytes/],
    [`url: "${URL_}", keyEnv: NOT_SET`, /state.keyEnv: the environment variable NOT_SET is not set/],
    [`url: "${URL_}", keyFile: missing`, /state.keyFile: cannot read "missing"/],
    ['keyFile: x', /state.keyFile: this key needs url/],
    ['caFile: x', /state.caFile: this key needs url/],
    [`url: "${URL_}", key: x, connections: 1`, /state.connections/],
  ])('refuses %s', async (given, problem) => {
    expect(await problemsOf(given)).toMatch(problem);
  });
});
