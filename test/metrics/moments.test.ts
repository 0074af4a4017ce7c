import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { davClient } from '../support/dav-client.ts';
import { type ReloadServer, startReloadServer } from '../support/reload-server.ts';
import { parseSamples, scrape, sumOf } from '../support/scrape.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer | ReloadServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

async function serve() {
  const started = await startTestServer({ yaml: ['metrics: true'] });
  server = started;
  return { emulator: started.emulator, dav: davClient(started) };
}

async function reading(name: string, labels?: Record<string, string>): Promise<number | undefined> {
  return sumOf(parseSamples(await scrape(server!.url)), `onedrive_webdav_${name}`, labels);
}

describe('at the moment of a scrape', () => {
  it('an upload under way shows its session, its memory and its request', async () => {
    const { emulator, dav } = await serve();
    const [arrived, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    emulator.setFault(operation => {
      if (operation !== 'upload-fragment') {
        return undefined;
      }
      arrived.resolve();
      return { delayUntil: released.promise };
    });
    const put = dav('PUT', '/ada/large.bin', {}, randomBytes(11 * 1024 ** 2));
    await arrived.promise;
    expect(await reading('uploads_open')).toBe(1);
    expect(await reading('buffer_bytes', { state: 'used' })).toBeGreaterThan(0);
    // The scrape itself is the other one.
    expect(await reading('requests_active')).toBe(2);
    expect(await reading('graph_requests_active')).toBe(0);
    released.resolve();
    expect((await put).status).toBe(201);
    expect(await reading('uploads_open')).toBe(0);
  });

  it('a refused credential has been counted, and the mount fails', async () => {
    const { emulator, dav } = await serve();
    expect(await reading('token_requests_total', { tenant: 'default', outcome: 'credential' })).toBe(0);
    emulator.setFault(operation => (operation === 'token' ? { status: 401 } : undefined));
    expect((await dav('GET', '/ada/a.txt')).status).toBe(503);
    expect(await reading('token_requests_total', { outcome: 'credential' })).toBeGreaterThan(0);
    expect(await reading('token_requests_total', { outcome: 'issued' })).toBe(0);
    expect(await reading('mounts_by_state', { state: 'failing' })).toBe(1);
  });

  it('another configuration is read, and what was counted stays', async () => {
    const config = { metrics: true, mounts: [{ mailbox: 'ada@contoso.com' }, { mailbox: 'grace@contoso.com' }] };
    const reloaded = await startReloadServer({ config });
    server = reloaded;
    await reloaded.dav()('GET', '/ada/a.txt');
    expect(await reading('mounts_by_state')).toBe(2);
    const calls = (await reading('graph_requests_total'))!;
    await reloaded.reload({ mounts: [{ mailbox: 'ada@contoso.com' }], cache: { maxEntries: 500 } });
    expect(await reading('mounts_by_state')).toBe(1);
    expect(await reading('cache_limit_entries')).toBe(500);
    expect(await reading('graph_requests_total')).toBe(calls);
  });
});

describe('what Microsoft says of its limits', () => {
  it('is added up or remembered, and nonsense is not', async () => {
    const metrics = createMetrics({ watchesProcess: false });
    const { tried } = metrics.microsoft('contoso');
    const answer = (headers: Record<string, string>) =>
      tried({ operation: 'GET /users', status: 200, seconds: 0.1, headers });
    answer({ 'x-ms-resource-unit': '2', 'ratelimit-limit': '1250', 'ratelimit-remaining': '120' });
    answer({ 'x-ms-resource-unit': '1', 'ratelimit-remaining': '100' });
    answer({ 'x-ms-resource-unit': 'many', 'ratelimit-remaining': 'few' });
    const samples = parseSamples((await metrics.expose(undefined)).body);
    const value = (name: string) => sumOf(samples, `onedrive_webdav_graph_${name}`, { tenant: 'contoso' });
    expect(['resource_units_total', 'rate_limit', 'rate_limit_remaining'].map(value)).toEqual([3, 1250, 100]);
  });
});

describe('a reading that fails', () => {
  it('is left out, and all others are there', async () => {
    const metrics = createMetrics({ watchesProcess: false });
    metrics.readFrom({
      uploads: () => ({ open: 3 }),
      spool: () => Promise.reject(new Error('no disk')),
      buffers: () => ({ used: 1, kept: 2, limit: 3 }),
      cache: () => ({ entries: 0, limit: 0, hits: 0, misses: 0 }),
      feeds: () => ({ followed: 0, failing: 0, oldestSeconds: 0 }),
      stored: () => {
        throw new Error('no state');
      },
      people: () => ({ admitted: 0 }),
      mounts: () => ({ unopened: 0, open: 0, failing: 0 }),
      tenants: () => [],
      health: () => [],
    });
    const samples = parseSamples((await metrics.expose(undefined)).body);
    expect(sumOf(samples, 'onedrive_webdav_uploads_open')).toBe(3);
    expect(sumOf(samples, 'onedrive_webdav_spool_bytes')).toBeUndefined();
    expect(sumOf(samples, 'onedrive_webdav_locks')).toBeUndefined();
  });
});
