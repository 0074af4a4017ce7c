import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

let folder: Awaited<ReturnType<typeof makeTempDir>>;
beforeAll(async () => {
  folder = await makeTempDir();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function load(lines: string, env: Record<string, string> = {}) {
  const file = join(folder.path, 'config.yaml');
  const tenant = 'tenant: { tenantId: contoso.example, clientId: c, clientSecret: s }';
  const users = `users: [{ name: ada, passwordHash: "${PASSWORD_HASH}", mounts: "*" }]`;
  await writeFile(file, [tenant, 'mounts: [{ mailbox: ada@contoso.example }]', users, lines].join('\n'));
  return loadConfig(file, env);
}

async function problemsOf(lines: string, env?: Record<string, string>): Promise<string[]> {
  const error = await load(lines, env).catch((caught: unknown) => caught);
  return error instanceof ConfigError ? error.problems.map(({ key, message }) => `${key}: ${message}`) : [];
}

describe('metrics', () => {
  it('are off, open, on a listener of their own, or behind a token', async () => {
    const metricsOf = async (lines: string, env?: Record<string, string>) => {
      const { metrics } = await load(lines, env);
      return metrics && { ...metrics, token: metrics.token?.reveal() };
    };
    await writeFile(join(folder.path, 'token.txt'), 'of-a-file\n');
    expect(await metricsOf('')).toBeUndefined();
    expect(await metricsOf('metrics: false')).toBeUndefined();
    expect(await metricsOf('metrics: true')).toEqual({ listen: undefined, token: undefined });
    const own = { host: '127.0.0.1', port: 9464 };
    expect(await metricsOf('metrics: { listen: {} }')).toEqual({ listen: own, token: undefined });
    expect(await metricsOf('metrics: { tokenFile: token.txt }')).toEqual({ listen: undefined, token: 'of-a-file' });
    expect(await metricsOf('metrics: { listen: {}, tokenEnv: T }', { T: 'of-the-env' })).toEqual({
      listen: own,
      token: 'of-the-env',
    });
  });

  it('say what is wrong with a token', async () => {
    expect(await problemsOf('metrics: { tokenEnv: T }')).toEqual([
      'metrics.tokenEnv: the environment variable T is not set',
    ]);
    expect(await problemsOf('metrics: { tokenFile: none.txt }')).toEqual([
      expect.stringMatching(/^metrics\.tokenFile: cannot read "none\.txt"/),
    ]);
    expect(await problemsOf('metrics: { tokenEnv: T }', { T: 'two words' })).toEqual([
      'metrics.tokenEnv: the token must be ASCII without spaces',
    ]);
    expect(await problemsOf('metrics: { token: a, tokenEnv: T }')).toEqual([
      expect.stringContaining('give the token in one way: token, tokenFile or tokenEnv'),
    ]);
  });
});

describe('tracing', () => {
  it('is off without an endpoint, and takes headers from the file, another file and the environment', async () => {
    expect((await load('tracing: { sampleRatio: 0.5 }')).tracing).toBeUndefined();
    await writeFile(join(folder.path, 'headers.txt'), 'x-key=of=a=file\nx-more = 2\n');
    const headersOf = async (lines: string, env?: Record<string, string>) => {
      const { tracing } = await load(`tracing: { endpoint: "http://127.0.0.1:4318/v1/traces", ${lines} }`, env);
      return Object.fromEntries(Object.entries(tracing!.headers).map(([name, value]) => [name, value.reveal()]));
    };
    expect(await headersOf('headers: { x-key: a }')).toEqual({ 'x-key': 'a' });
    expect(await headersOf('headersFile: headers.txt')).toEqual({ 'x-key': 'of=a=file', 'x-more': '2' });
    expect(await headersOf('headersEnv: H', { H: 'x-key=a,x-more=b' })).toEqual({ 'x-key': 'a', 'x-more': 'b' });
  });

  it('says what is wrong with its endpoint and its headers', async () => {
    expect(await problemsOf('tracing: { endpoint: collector }')).toEqual([
      expect.stringMatching(/^tracing\.endpoint: write the URL of a collector/),
    ]);
    expect(await problemsOf('tracing: { endpoint: "http://c/v1/traces", headersEnv: H }', { H: 'no name' })).toEqual([
      expect.stringMatching(/^tracing\.headersEnv: write headers as name=value/),
    ]);
  });
});
