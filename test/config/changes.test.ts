import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareConfigs } from '../../src/config/changes.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import { PASSWORD_HASH } from '../support/passwords.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const TENANT = { tenantId: 't', clientId: 'c', clientSecret: 's' };
const BASE = {
  tenant: TENANT,
  mounts: [{ mailbox: 'ada@contoso.com' }],
  users: [{ name: 'ada', passwordHash: PASSWORD_HASH, mounts: '*' }],
};

async function load(more: object = {}): Promise<Config> {
  await using folder = await makeTempDir();
  const file = join(folder.path, 'config.yaml');
  await writeFile(file, JSON.stringify({ dataDir: '/data', ...BASE, ...more }));
  return await loadConfig(file, {});
}

async function changesTo(more: object, from: object = {}) {
  const { changed, needRestart } = compareConfigs(await load(from), await load(more));
  return { changed, needRestart };
}

describe('compareConfigs', () => {
  it('finds nothing between two readings of one file', async () => {
    expect(await changesTo({})).toEqual({ changed: [], needRestart: [] });
  });

  it.each<[string, object]>([
    ['users', { users: [{ name: 'bob', passwordHash: PASSWORD_HASH, mounts: '*' }] }],
    ['people', { people: [{}] }],
    ['junk', { junk: [] }],
    ['publicUrls', { publicUrls: ['https://dav.example.com'] }],
    ['mounts', { mounts: [{ mailbox: 'ada@contoso.com' }, { mailboxes: {} }] }],
    ['mounts', { mounts: [{ mailbox: 'ada@contoso.com', readOnly: true }] }],
    ['tenant', { tenant: { ...TENANT, clientSecret: 'another' } }],
    ['log.level', { log: { level: 'warn' } }],
    ['limits.maxUrlBytes', { limits: { maxUrlBytes: 1024 } }],
    ['listen.cors', { listen: { cors: ['*'] } }],
    ['listen.basePath', { listen: { basePath: '/dav' } }],
    ['auth.realm', { auth: { realm: 'Other' } }],
    ['downloads.redirectStatus', { downloads: { redirectStatus: 307 } }],
    ['graph.maxConcurrentRequests', { graph: { maxConcurrentRequests: 2 } }],
    ['reload.watch', { reload: { watch: false } }],
  ])('%s changes live, and back', async (key, more) => {
    expect(await changesTo(more)).toEqual({ changed: [key], needRestart: [] });
    expect(await changesTo({}, more)).toEqual({ changed: [key], needRestart: [] });
  });

  it.each<[string, object]>([
    ['listen.host', { listen: { host: '0.0.0.0' } }],
    ['listen.port', { listen: { port: 1 } }],
    ['listen.http2', { listen: { http2: false } }],
    ['dataDir', { dataDir: '/other' }],
    ['outbound.proxy', { outbound: { proxy: 'http://proxy:1' } }],
    ['metrics', { metrics: true }],
    ['limits.maxJunkBytes', { limits: { maxJunkBytes: '32 MiB' } }],
  ])('%s needs a restart', async (key, more) => {
    expect(await changesTo(more)).toEqual({ changed: [], needRestart: [key] });
  });

  it('gives a configuration with what changes live and the old values of what does not', async () => {
    const running = await load();
    const next = await load({
      listen: { port: 1, cors: ['*'] },
      limits: { maxJunkBytes: '32 MiB', maxXmlBytes: 2048 },
    });
    const { config } = compareConfigs(running, next);
    expect(config.listen).toEqual({ ...running.listen, cors: ['*'] });
    expect(config.limits).toEqual({ ...running.limits, maxXmlBytes: 2048 });
    expect(compareConfigs(config, next)).toMatchObject({
      changed: [],
      needRestart: ['limits.maxJunkBytes', 'listen.port'],
    });
  });
});
