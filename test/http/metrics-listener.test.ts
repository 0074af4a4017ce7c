import { afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/config/schema.ts';
import { createMetricsListener, type MetricsListener } from '../../src/http/metrics-listener.ts';
import { Secret } from '../../src/lib/secret.ts';
import { createMetrics } from '../../src/metrics/metrics.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const TOKEN = 'a-token-of-the-tests';

let server: TestServer | undefined;
let listener: MetricsListener | undefined;
afterEach(async () => {
  await server?.stop();
  await listener?.stop();
  [server, listener] = [undefined, undefined];
});

/** The URL that the server has logged. */
function ownUrl({ logged }: TestServer): string {
  const lines = logged.map(line => JSON.parse(line) as { msg: string; url: string });
  return lines.find(({ msg }) => msg === 'serving metrics')!.url;
}

describe('metrics on a listener of their own', () => {
  const yaml = ['metrics: { listen: { host: 127.0.0.1, port: 0 } }'];

  it('are there, and nowhere else', async () => {
    server = await startTestServer({ yaml });
    const url = ownUrl(server);
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toMatch(/^onedrive_webdav_build_info\{/m);
    expect((await fetch(new URL('/-/metrics', url))).status).toBe(200);
    expect((await fetch(`${server.url}/-/metrics`)).status).toBe(404);
  });

  it('are all that it serves', async () => {
    server = await startTestServer({ yaml });
    const url = ownUrl(server);
    const statuses = ['/', '/ada/', '/-/healthz', '/-/account'].map(
      async path => (await fetch(new URL(path, url))).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 404, 404, 404]);
    expect((await fetch(url, { method: 'POST' })).status).toBe(405);
  });

  it('end with the server', async () => {
    server = await startTestServer({ yaml });
    const url = ownUrl(server);
    await server.suspend();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('say which key is wrong when the port is taken', async () => {
    const metrics = createMetrics({ watchesProcess: false });
    listener = createMetricsListener({ host: '127.0.0.1', port: 0, metrics, token: undefined });
    const port = Number(new URL(await listener.start()).port);
    const second = createMetricsListener({ host: '127.0.0.1', port, metrics, token: undefined });
    await expect(second.start()).rejects.toThrow(/metrics on 127\.0\.0\.1:\d+: .*EADDRINUSE.*check metrics\.listen/);
  });
});

describe('metrics with a token', () => {
  it('are refused without it, and with another one', async () => {
    server = await startTestServer({ yaml: [`metrics: { token: ${TOKEN} }`] });
    const ask = (authorization?: string) =>
      fetch(`${server!.url}/-/metrics`, { headers: authorization === undefined ? {} : { authorization } });
    const refused = await ask();
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="metrics"']);
    expect(await refused.text()).not.toMatch(/onedrive_webdav/);
    expect((await ask('Bearer another')).status).toBe(401);
    expect((await ask(`Basic ${btoa(`x:${TOKEN}`)}`)).status).toBe(401);
    expect((await ask(`Bearer ${TOKEN}`)).status).toBe(200);
  });

  it('need it on a listener of their own, too', async () => {
    const metrics = createMetrics({ watchesProcess: false });
    listener = createMetricsListener({ host: '127.0.0.1', port: 0, metrics, token: new Secret(TOKEN) });
    const url = await listener.start();
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: `bearer ${TOKEN}` } })).status).toBe(200);
  });

  it('have it in one way only', () => {
    const parsed = configSchema.shape.metrics.safeParse({ token: 'a', tokenEnv: 'B' });
    expect(parsed.error?.issues.length).toBeGreaterThan(0);
  });
});

describe('the format', () => {
  const askedFor = async (accept: string) => {
    const metrics = createMetrics({ watchesProcess: false });
    metrics.download({ way: 'proxy', reason: 'policy' }, 7);
    const open = await metrics.expose(accept);
    return { open, classic: await metrics.expose(undefined) };
  };

  it('is OpenMetrics for a scraper that asks for it, and the classic one afterwards', async () => {
    const { open, classic } = await askedFor('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    expect(open.contentType).toMatch(/^application\/openmetrics-text; version=1\.0\.0/);
    expect(open.body).toMatch(/^# TYPE onedrive_webdav_downloads counter$/m);
    expect(open.body).toMatch(/^onedrive_webdav_downloads_total\{way="proxy",reason="policy"\} 1$/m);
    expect(open.body.endsWith('# EOF\n')).toBe(true);
    expect(classic.contentType).toMatch(/^text\/plain/);
    expect(classic.body).toMatch(/^# TYPE onedrive_webdav_downloads_total counter$/m);
    expect(classic.body).toMatch(/^onedrive_webdav_downloads_total\{way="proxy",reason="policy"\} 1$/m);
  });

  it("is each scraper's own when two ask at once", async () => {
    const metrics = createMetrics({ watchesProcess: false });
    const answers = await Promise.all(['application/openmetrics-text', '*/*'].map(accept => metrics.expose(accept)));
    expect(answers.map(({ body }) => body.includes('# EOF'))).toEqual([true, false]);
  });
});
