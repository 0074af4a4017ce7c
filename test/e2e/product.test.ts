import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, davClient, hrefsOf } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { basic, compose, rawRequest, sendAndVanish } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;

describe('the whole server, from a YAML file to the emulated Microsoft', () => {
  let server: TestServer;
  let dav: Dav;

  beforeAll(async () => {
    server = await startTestServer({
      mounts: [
        '{ mailbox: gone@contoso.com }',
        '{ mailbox: unknown@contoso.com }',
        '{ mailbox: ada@contoso.com, name: part, root: /Projects, readOnly: true }',
      ],
      seed: async emulator => {
        emulator.addMailbox({ upn: 'gone@contoso.com', drive: 'locked' });
      },
    });
    dav = davClient(server);
    await server.mailboxes.ada.put('/Projects/plan.txt', 'the plan');
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('lists every mount; one that cannot be opened is 503 or 404 and leaves the others working', async () => {
    expect(hrefsOf((await dav('PROPFIND', '/', { Depth: '1' })).text)).toEqual([
      '/',
      '/ada/',
      '/grace/',
      '/gone/',
      '/unknown/',
      '/part/',
    ]);
    const locked = await dav('PROPFIND', '/gone/', { Depth: '1' });
    expect([locked.status, Number(locked.headers.get('retry-after')) > 0]).toEqual([503, true]);
    expect((await dav('PROPFIND', '/unknown/', { Depth: '1' })).status).toBe(404);
    expect((await dav('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect(server.logged.join('\n')).toMatch(/gone@contoso.com.*locked or archived/);
    expect(server.logged.join('\n')).toMatch(/unknown@contoso.com.*no such user/);
  });

  it('serves a folder of a mailbox as a mount of its own', async () => {
    expect((await dav('GET', '/part/plan.txt')).text).toBe('the plan');
    expect((await dav('PUT', '/part/new', {}, 'x')).status).toBe(403);
  });

  it('D1: tells a throttled listing as 503 with Retry-After', async () => {
    server.emulator.setFault(operation =>
      operation === 'driveItem-list-children' ? { status: 429, retryAfter: '120' } : undefined,
    );
    try {
      server.mailboxes.grace.mkdir('/throttled');
      const { status, headers } = await dav('PROPFIND', '/grace/throttled/', { Depth: '1' });
      expect(status).toBe(503);
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(60);
    } finally {
      server.emulator.setFault(undefined);
    }
  });
});

describe('clients that vanish', () => {
  let server: TestServer;
  let dav: Dav;

  beforeAll(async () => {
    server = await startTestServer();
    dav = davClient(server);
  });
  afterAll(async () => {
    await server?.stop();
  });

  it('D2: in the middle of a large upload leave the old file, no session and no spool', async () => {
    await dav('PUT', '/ada/file', {}, 'old');
    const auth = basic(server.user, server.password);
    const shapes: Record<string, string>[] = [
      { 'Content-Length': String(40 * MIB) },
      { 'Transfer-Encoding': 'chunked' },
    ];
    for (const headers of shapes) {
      const chunk = 'Transfer-Encoding' in headers ? `${(15 * MIB).toString(16)}\r\n` : '';
      const before = server.logged.length;
      await sendAndVanish(
        server.url,
        Buffer.concat([Buffer.from(compose('PUT /ada/file', { ...auth, ...headers }) + chunk), Buffer.alloc(15 * MIB)]),
      );
      await eventually(() =>
        expect(server.logged.slice(before).some(line => line.includes('"aborted":true'))).toBe(true),
      );
      await eventually(() => expect(server.emulator.openUploadSessions()).toBe(0));
    }
    expect((await dav('GET', '/ada/file')).text).toBe('old');
  });

  it('D3: in the middle of a download close the upstream at once', async () => {
    await server.mailboxes.ada.put('/big', Buffer.alloc(64 * MIB));
    await rawRequest(
      server.url,
      compose('GET /ada/big', basic(server.user, server.password)),
      text => text.length > MIB,
    );
    await eventually(() => expect(server.emulator.activeResponses()).toBe(0));
    expect(server.emulator.violations).toEqual([]);
  });

  it('two writers that both saw the same version: one of them wins', async () => {
    const etag = (await dav('PUT', '/ada/raced', {}, 'start')).headers.get('etag')!;
    const statuses = await Promise.all(
      Array.from(
        { length: 6 },
        async (_, index) => (await dav('PUT', '/ada/raced', { 'If-Match': etag }, `writer ${index}`)).status,
      ),
    );
    expect(statuses.sort()).toEqual([204, 412, 412, 412, 412, 412]);
  });

  it('two creators that both want to be first: one of them is', async () => {
    const create = async (index: number) =>
      (await dav('PUT', '/ada/first', { 'If-None-Match': '*' }, `creator ${index}`)).status;
    expect((await Promise.all([0, 1, 2, 3].map(create))).sort()).toEqual([201, 412, 412, 412]);
  });
});

describe('download: redirect', () => {
  it('is 302 to the content host for GET with bytes, and is answered here otherwise', async () => {
    const server = await startTestServer({ download: 'redirect', emulator: { downloadBase: 'loopback' } });
    try {
      const dav = davClient(server);
      await dav('PUT', '/ada/file', {}, 'hello');
      await dav('PUT', '/ada/empty', {}, '');
      const { status, headers, text } = await dav('GET', '/ada/file');
      expect([status, text, headers.get('cache-control'), headers.get('referrer-policy')]).toEqual([
        302,
        '',
        'no-store',
        'no-referrer',
      ]);
      expect(await (await fetch(headers.get('location')!)).text()).toBe('hello');
      const etag = (await dav('HEAD', '/ada/file')).headers.get('etag')!;
      expect((await dav('HEAD', '/ada/file')).status).toBe(200);
      expect((await dav('GET', '/ada/empty')).status).toBe(200);
      expect((await dav('GET', '/ada/file', { 'If-None-Match': etag })).status).toBe(304);
      expect((await dav('GET', '/ada/file', { Range: 'bytes=9-' })).status).toBe(416);
      expect((await dav('GET', '/ada/file', { 'If-Match': etag })).text).toBe('hello');
      expect(server.logged.join('')).not.toMatch(/tempauth=v1/);
      expect(server.emulator.violations).toEqual([]);
    } finally {
      await server.stop();
    }
  });
});
