import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { basic, compose } from '../support/raw-http.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer;

beforeAll(async () => {
  server = await startTestServer({ others: ['other'], yaml: ['cache: { ttlSeconds: 0 }'] });
});

afterAll(() => server.stop());

describe('D12: while sixteen calls hang', () => {
  it('another mailbox is served, and another person, and a health check', async () => {
    const released = Promise.withResolvers<void>();
    const { ada } = server.mailboxes;
    await ada.put('/file', 'x');
    await davClient(server)('PROPFIND', '/ada/', { Depth: '0' });
    await davClient(server)('PROPFIND', '/grace/', { Depth: '0' });
    let hanging = 0;
    server.emulator.setFault((_, { path }) => {
      if (!path.includes(encodeURIComponent(ada.driveId)) && !path.includes(ada.driveId)) {
        return undefined;
      }
      hanging += 1;
      return hanging <= 16 ? { delayUntil: released.promise } : undefined;
    });
    const stuck = Array.from({ length: 24 }, (_, index) =>
      davClient(server)('PROPFIND', `/ada/${index}`, { Depth: '0' }),
    );
    await eventually(() => expect(hanging).toBeGreaterThanOrEqual(16));
    expect((await davClient(server)('PROPFIND', '/grace/', { Depth: '1' })).status).toBe(207);
    const other = davClient({ url: server.url, ...server.others[0]! });
    expect((await other('PROPFIND', '/ada/file', { Depth: '0' })).status).toBe(207);
    expect((await fetch(`${server.url}/-/readyz`)).status).toBe(200);
    released.resolve();
    expect((await Promise.all(stuck)).map(({ status }) => status)).toEqual(Array(24).fill(404));
  });

  it('of clients that have closed their side, others are served, and those who still listen get their answers', async () => {
    const released = Promise.withResolvers<void>();
    const { ada } = server.mailboxes;
    const dav = davClient(server);
    await dav('PROPFIND', '/ada/', { Depth: '0' });
    await dav('PROPFIND', '/grace/', { Depth: '0' });
    let hanging = 0;
    server.emulator.setFault((_, { path }) => {
      if (!path.includes(encodeURIComponent(ada.driveId)) && !path.includes(ada.driveId)) {
        return undefined;
      }
      hanging += 1;
      return hanging <= 16 ? { delayUntil: released.promise } : undefined;
    });
    // As `nc -N` does: the request, then FIN, then it waits.
    const halfClosed = Array.from({ length: 24 }, (_, index) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
      socket.end(compose(`PROPFIND /ada/half-${index}`, { ...basic(server.user, server.password), Depth: '0' }));
      return text(socket);
    });
    await eventually(() => expect(hanging).toBeGreaterThanOrEqual(16));
    expect((await dav('PROPFIND', '/grace/', { Depth: '1' })).status).toBe(207);
    const other = davClient({ url: server.url, ...server.others[0]! });
    expect((await other('PROPFIND', '/ada/', { Depth: '0' })).status).toBe(207);
    released.resolve();
    for (const answer of await Promise.all(halfClosed)) {
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
    }
    server.emulator.setFault(undefined);
  });

  it('readiness says how long Microsoft asks for silence', async () => {
    server.emulator.setFault(() => ({ status: 429, retryAfter: '86400' }));
    const refused = await davClient(server)('PROPFIND', '/grace/', { Depth: '1' });
    expect([refused.status, Number(refused.headers.get('retry-after')) <= 120]).toEqual([503, true]);
    server.emulator.setFault(undefined);
    const ready = await fetch(`${server.url}/-/readyz`);
    expect([ready.status, await ready.text()]).toEqual([200, expect.stringMatching(/^ready, but .* 1\d\d s\n$/)]);
  });
});
