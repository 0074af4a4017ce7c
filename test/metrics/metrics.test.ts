import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_FAMILIES } from '../../src/downloads/clients.ts';
import { type Dav, davClient } from '../support/dav-client.ts';
import { basic } from '../support/raw-http.ts';
import { parseSamples, type Sample, scrape, sumOf } from '../support/scrape.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;
/** Larger than what goes up in one request. */
const LARGE = randomBytes(11 * MIB);

describe('the metrics of a server with traffic', () => {
  let server: TestServer;
  let dav: Dav;
  const read = async (): Promise<Sample[]> => parseSamples(await scrape(server.url));

  beforeAll(async () => {
    server = await startTestServer({ yaml: ['metrics: true'] });
    dav = davClient(server);
    await server.mailboxes.ada.put('/secret plan.txt', 'words');
    await dav('PROPFIND', '/ada/', { Depth: '1', 'User-Agent': 'rclone/v1.60.1' });
    await dav('PROPFIND', '/ada/', { Depth: '1', 'User-Agent': 'rclone/v1.60.1' });
    await dav('GET', '/ada/secret%20plan.txt', { 'User-Agent': 'curl/7.88.1' });
    await dav('PUT', '/ada/large.bin', { 'User-Agent': 'davfs2/1.6.1 neon/0.32.5' }, LARGE);
  });
  afterAll(() => server.stop());

  it('count requests by method, class of the status and kind of client', async () => {
    const samples = await read();
    const requests = (labels: Record<string, string>) => sumOf(samples, 'onedrive_webdav_requests_total', labels);
    expect(requests({ method: 'PROPFIND', class: '2xx', client: 'rclone' })).toBe(2);
    expect(requests({ method: 'GET', class: '2xx', client: 'curl' })).toBe(1);
    expect(requests({ method: 'PUT', class: '2xx', client: 'davfs2' })).toBe(1);
    expect(sumOf(samples, 'onedrive_webdav_request_seconds_count', { method: 'PROPFIND', status: '207' })).toBe(2);
  });

  it('measure the bytes in and out', async () => {
    const samples = await read();
    const received = sumOf(samples, 'onedrive_webdav_request_bytes_sum', { method: 'PUT' });
    // What comes together with the head is not counted.
    expect(received).toBeGreaterThan(LARGE.length - MIB);
    expect(received).toBeLessThan(LARGE.length + MIB);
    const bucket = (le: number) =>
      sumOf(samples, 'onedrive_webdav_request_bytes_bucket', { method: 'PUT', le: `${le}` });
    expect([bucket(4 * MIB), bucket(64 * MIB)]).toEqual([0, 1]);
    expect(sumOf(samples, 'onedrive_webdav_response_bytes_sum', { method: 'GET' })).toBeGreaterThan('words'.length);
  });

  it('count the calls to Microsoft by their templates, without ids and names', async () => {
    const samples = await read();
    const calls = samples.filter(({ name }) => name === 'onedrive_webdav_graph_requests_total');
    const operations = [...new Set(calls.map(({ labels }) => labels.operation))];
    expect(operations).toContain('GET /users/{id}/drive');
    expect(operations).toContain('content upload');
    expect(operations).toContain('content download');
    expect(operations).toContain('token');
    expect(operations.filter(operation => /%|@|b!|01[A-Z0-9]{10}|other/.test(operation!))).toEqual([]);
    const total = calls.reduce((sum, { value }) => sum + value, 0);
    expect(sumOf(samples, 'onedrive_webdav_graph_request_seconds_count')).toBe(total);
  });

  it('tell of the token, the caches, the buffers and the state', async () => {
    const samples = await read();
    const value = (name: string, labels?: Record<string, string>) => sumOf(samples, `onedrive_webdav_${name}`, labels);
    expect(value('token_requests_total', { tenant: 'default', outcome: 'issued' })).toBe(1);
    expect(value('token_age_seconds', { tenant: 'default' })).toBeGreaterThanOrEqual(0);
    expect(value('token_expiry_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000);
    expect(value('cache_lookups_total', { result: 'hit' })).toBeGreaterThan(0);
    expect(value('cache_lookups_total', { result: 'miss' })).toBeGreaterThan(0);
    expect(value('cache_entries')).toBeGreaterThan(1);
    expect([value('uploads_open'), value('spool_files'), value('spool_bytes'), value('locks')]).toEqual([0, 0, 0, 0]);
    expect(value('buffer_limit_bytes')).toBe(128 * MIB);
    expect(value('mounts_by_state', { state: 'open' })).toBe(1);
    expect(value('mounts_by_state', { state: 'unopened' })).toBe(1);
    expect(value('sign_ins_total', { door: 'basic', outcome: 'accepted' })).toBe(4);
    expect(value('build_info')).toBe(1);
    expect(sumOf(samples, 'process_cpu_seconds_total')).toBeGreaterThan(0);
  });

  it('count what clients store, while it is there', async () => {
    const body =
      '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>';
    const lock = await dav('LOCK', '/ada/locked.txt', { Timeout: 'Second-600' }, body);
    expect(sumOf(await read(), 'onedrive_webdav_locks')).toBe(1);
    await dav('UNLOCK', '/ada/locked.txt', { 'Lock-Token': lock.headers.get('lock-token')! });
    expect(sumOf(await read(), 'onedrive_webdav_locks')).toBe(0);
  });

  it('count refused sign-ins by their kind', async () => {
    await fetch(`${server.url}/`, { headers: basic('nobody', 'wrong') });
    await fetch(`${server.url}/`);
    const samples = await read();
    expect(sumOf(samples, 'onedrive_webdav_sign_ins_total', { door: 'basic', outcome: 'wrong' })).toBe(1);
    expect(sumOf(samples, 'onedrive_webdav_sign_ins_total', { door: 'none', outcome: 'missing' })).toBe(1);
  });

  it('count throttling, its silence and the retries', async () => {
    let left = 1;
    server.emulator.setFault(operation =>
      operation === 'driveItem-list-children' && left-- > 0 ? { status: 429, retryAfter: '1' } : undefined,
    );
    await dav('PROPFIND', '/grace/', { Depth: '1' });
    server.emulator.setFault(undefined);
    const samples = await read();
    expect(sumOf(samples, 'onedrive_webdav_graph_throttles_total', { tenant: 'default', status: '429' })).toBe(1);
    expect(sumOf(samples, 'onedrive_webdav_graph_silence_asked_seconds_total')).toBeGreaterThan(0);
    expect(sumOf(samples, 'onedrive_webdav_graph_retries_total', { cause: 'throttled' })).toBe(1);
    expect(sumOf(samples, 'onedrive_webdav_graph_requests_total', { status: '429' })).toBe(1);
  });

  it('have bounded labels, whatever clients send', async () => {
    await dav('GET', '/ada/', { 'User-Agent': `Evil/${randomBytes(8).toString('hex')}` });
    const samples = await read();
    const clients = new Set(samples.flatMap(({ labels }) => labels.client ?? []));
    expect([...clients].filter(client => ![...CLIENT_FAMILIES, 'none'].includes(client))).toEqual([]);
    const text = await scrape(server.url);
    expect(text).not.toMatch(/ada|grace|contoso|tester|plan|locked\.txt|Evil/i);
  });
});
