import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { complaintsAboutCompose } from '../support/compose-schema.ts';
import { describeWith, mustRun } from '../support/foreign-client.ts';

const FOLDER = fileURLToPath(new URL('../../examples/compose/', import.meta.url));
const compose = parse(await readFile(`${FOLDER}compose.yaml`, 'utf8'));

describe('the compose file', () => {
  it('is one, says the schema of the Compose specification', () => {
    // The specification limits it to these characters.
    expect(compose.name).toMatch(/^[a-z0-9][a-z0-9_-]*$/);
    expect(complaintsAboutCompose(compose)).toEqual([]);
    expect(complaintsAboutCompose({ ...compose, services: { server: { imag: 'x' } } })).not.toEqual([]);
  });

  it('gives no service more than it needs', () => {
    for (const service of Object.values<Record<string, unknown>>(compose.services)) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
    }
  });

  it('gives the server longer than it takes to end', async () => {
    const { limits } = parse(await readFile(`${FOLDER}../../config.example.yaml`, 'utf8'));
    expect(Number.parseInt(compose.services.server.stop_grace_period, 10)).toBeGreaterThan(limits.drainSeconds + 5);
  });

  it('mounts what its README fills, and trusts the network that it makes', async () => {
    const readme = await readFile(`${FOLDER}README.md`, 'utf8');
    expect(compose.services.server.volumes).toContain('./config:/config:ro');
    expect(readme).toContain('--volume ./config:/config server setup');
    expect(readme).toContain(`trustedProxies: [${compose.networks.front.ipam.config[0].subnet}]`);
  });
});

describeWith('caddy', 'its Caddyfile', () => {
  it('is one, and passes everything but the server’s own pages on', async () => {
    const args = ['adapt', '--config', `${FOLDER}Caddyfile`];
    const { stdout } = await mustRun('caddy', args, { env: { DOMAIN: 'files.example.com' } });
    expect(stdout).toMatch(/files\.example\.com.*static_response.*reverse_proxy.*"dial":"server:8080"/s);
    expect(stdout).toContain('/-/metrics');
  });
});
