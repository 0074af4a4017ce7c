import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { complaintsAboutCompose } from '../support/compose-schema.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const FOLDER = fileURLToPath(new URL('../../examples/cluster/', import.meta.url));
const compose = parse(await readFile(`${FOLDER}compose.yaml`, 'utf8'), { merge: true });
const readme = await readFile(`${FOLDER}README.md`, 'utf8');

describe('the compose file of two servers', () => {
  it('is one, says the schema of the Compose specification', () => {
    expect(complaintsAboutCompose(compose)).toEqual([]);
    expect(complaintsAboutCompose({ ...compose, services: { a: { imag: 'x' } } })).not.toEqual([]);
  });

  it('gives no service more than it needs', () => {
    for (const service of Object.values<Record<string, unknown>>(compose.services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    }
    // Nobody but the servers reaches the database, and the database reaches nobody.
    expect(compose.services.database.networks).toEqual(['back']);
    expect(compose.networks.back).toEqual({ internal: true });
    expect(compose.services.caddy.networks).not.toContain('back');
  });

  it('gives each server a data folder of its own, and both one configuration', () => {
    const { a, b } = compose.services;
    const [folders, shared] = [
      [a, b].map(({ volumes }) => volumes.find((volume: string) => volume.endsWith(':/data'))),
      [a, b].map(({ volumes }) => volumes.filter((volume: string) => !volume.endsWith(':/data'))),
    ];
    expect(new Set(folders).size).toBe(2);
    expect(shared[0]).toEqual(shared[1]);
    expect({ ...a, volumes: [] }).toEqual({ ...b, volumes: [] });
  });

  it('is started with what its README writes: the configuration loads, and knows the database and the proxy', async () => {
    await using folder = await makeTempDir();
    const put = (name: string, text: string) => writeFile(join(folder.path, name), text);
    const yaml = /```yaml\n([\s\S]*?)```/.exec(readme)![1]!;
    const url = /echo "(postgres:[^"]*)" > config\/state-url\.txt/.exec(readme)![1]!.replace(/\$\(.*?\)/, 'secret');
    await put('state-url.txt', `${url}\n`);
    await put('state-key.txt', `${Buffer.alloc(32, 'k').toString('base64')}\n`);
    const tenant = 'tenant: { tenantId: contoso.com, clientId: 00000000-0000-0000-0000-000000000001, clientSecret: x }';
    const users = `users: [{ name: ada, passwordHash: "${PASSWORD_HASH}", mounts: "*" }]`;
    await put('config.yaml', [tenant, 'mounts: [{ mailbox: ada@contoso.com }]', users, yaml].join('\n'));
    const { state, limits } = await loadConfig(join(folder.path, 'config.yaml'), {});
    const { hostname, username, pathname } = new URL(state!.url.reveal());
    const { POSTGRES_USER, POSTGRES_PASSWORD_FILE } = compose.services.database.environment;
    expect([hostname, username, pathname]).toEqual(['database', POSTGRES_USER, `/${POSTGRES_USER}`]);
    expect(POSTGRES_PASSWORD_FILE).toBe(`/run/secrets/${Object.keys(compose.secrets)[0]}`);
    expect(yaml).toContain(`trustedProxies: [${compose.networks.front.ipam.config[0].subnet}]`);
    const grace = Number.parseInt(compose.services.a.stop_grace_period, 10);
    expect(grace).toBeGreaterThan(limits.shutdownDelaySeconds + limits.drainSeconds + 6);
  });
});

describeWith('caddy', 'the Caddyfile of two servers', () => {
  it('gives requests to the ready ones in turn, and leaves the servers’ own pages out', async () => {
    const args = ['adapt', '--config', `${FOLDER}Caddyfile`];
    const { stdout } = await mustRun('caddy', args, { env: { DOMAIN: 'files.example.com' } });
    expect(stdout).toMatch(/files\.example\.com.*static_response.*reverse_proxy/s);
    expect(stdout).toMatch(/"upstreams":\[\{"dial":"a:8080"\},\{"dial":"b:8080"\}\]/);
    expect(stdout).toMatch(/"selection_policy":\{"policy":"round_robin"\}/);
    expect(stdout).toMatch(/"active":\{[^}]*"uri":"\/-\/readyz"/);
    expect(stdout).toContain('/-/metrics');
  });
});
