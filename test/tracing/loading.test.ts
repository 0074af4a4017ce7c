import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { run } from '../support/foreign-client.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const MAIN = fileURLToPath(new URL('../../src/app/app.ts', import.meta.url));
const LOAD = fileURLToPath(new URL('../../src/config/load.ts', import.meta.url));
const LIST = new URL('../support/list-packages.ts', import.meta.url).href;
/** prom-client loads the first by itself, for exemplars: it is a few constants and no work. */
const PACKAGES = [
  '@opentelemetry/exporter-trace-otlp-http',
  '@opentelemetry/otlp-exporter-base',
  '@opentelemetry/resources',
  '@opentelemetry/sdk-trace',
];

/** Builds a server in a process of its own, and returns the packages of OpenTelemetry that it loads. */
async function packagesWith(tracing: string): Promise<string[]> {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'config.yaml');
  const users = `users: [{ name: ada, passwordHash: "${PASSWORD_HASH}", mounts: "*" }]`;
  const tenant = 'tenant: { tenantId: contoso.example, clientId: c, clientSecret: s }';
  await writeFile(
    file,
    `${tenant}\nlisten: { port: 0 }\nmounts: [{ mailbox: ada@contoso.example }]\n${users}\n${tracing}\n`,
  );
  const program = `
    const { createApp } = await import(${JSON.stringify(MAIN)});
    const { loadConfig } = await import(${JSON.stringify(LOAD)});
    const { pino } = await import('pino');
    const app = await createApp(await loadConfig(${JSON.stringify(file)}, {}), { log: pino({ level: 'silent' }) });
    await app.start();
    await app.stop();`;
  const { code, stderr } = await run(process.execPath, ['--import', LIST, '--input-type=module', '--eval', program]);
  expect([code, stderr]).toEqual([0, expect.stringContaining('packages: ')]);
  const [, names = ''] = /packages: (.*)/.exec(stderr) ?? [];
  return names.split(' ').filter(name => PACKAGES.includes(name));
}

it('a server without traces loads nothing of what makes them', async () => {
  expect(await packagesWith('metrics: true')).toEqual([]);
  expect(await packagesWith('tracing: { endpoint: null }')).toEqual([]);
});

it('a server with traces loads the packages', async () => {
  expect(await packagesWith('tracing: { endpoint: "http://127.0.0.1:9/v1/traces" }')).toEqual(PACKAGES);
});
