import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { hrefsOf } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { openPut } from '../support/open-put.ts';
import { basic } from '../support/raw-http.ts';
import { type Given, type ReloadServer, openReloadServer as serve } from '../support/reload-server.ts';

const ADA = { mailbox: 'ada@contoso.com' };
const GRACE = { mailbox: 'grace@contoso.com' };
const statusOf = async (server: ReloadServer, user: string, path: string, password?: string) =>
  (await server.dav(user, password)('GET', path)).status;
const namesIn = async (server: ReloadServer, user = 'all') =>
  hrefsOf((await server.dav(user)('PROPFIND', '/', { Depth: '1' })).text).slice(1);

describe('users of another configuration', () => {
  it('come, go and change their passwords with the next request', async () => {
    const server = await serve({ config: { users: [{ name: 'all' }, { name: 'bob' }] } });
    expect(await statusOf(server, 'bob', '/ada/a.txt')).toBe(200);
    expect(await server.reload({ users: [{ name: 'all' }, { name: 'carol' }] })).toEqual({
      changed: ['users'],
      needRestart: [],
    });
    expect(await statusOf(server, 'bob', '/ada/a.txt')).toBe(401);
    expect(await statusOf(server, 'carol', '/ada/a.txt')).toBe(200);
    await server.reload({}, { carol: 'another' });
    expect(await statusOf(server, 'carol', '/ada/a.txt')).toBe(401);
    expect(await statusOf(server, 'carol', '/ada/a.txt', 'another')).toBe(200);
  });

  it('have other rights at once', async () => {
    const server = await serve();
    expect((await server.dav()('PUT', '/ada/new.txt', {}, 'new')).status).toBe(201);
    await server.reload({ users: [{ name: 'all', mounts: { ada: 'read' } }] });
    expect((await server.dav()('PUT', '/ada/new.txt', {}, 'other')).status).toBe(403);
    expect(await namesIn(server)).toEqual(['/ada/']);
  });
});

describe('mounts of another configuration', () => {
  it('come and go, and those that stay ask Microsoft for nothing', async () => {
    const server = await serve({ config: { mounts: [ADA] } });
    const list = () => server.dav()('PROPFIND', '/ada/', { Depth: '1' });
    const before = (await list()).text;
    const calls = server.emulator.calls.length;
    expect((await server.reload({ mounts: [GRACE, ADA] })).changed).toEqual(['mounts']);
    expect((await list()).text).toBe(before);
    expect(server.emulator.calls.length).toBe(calls);
    expect(await statusOf(server, 'all', '/grace/g.txt')).toBe(200);
    await server.reload({ mounts: [GRACE] });
    expect(await statusOf(server, 'all', '/ada/a.txt')).toBe(404);
    expect(await namesIn(server)).toEqual(['/grace/']);
  });

  it('become read-only and back, with what is known of them', async () => {
    const server = await serve();
    await server.dav()('PROPFIND', '/ada/', { Depth: '1' });
    const calls = server.emulator.calls.length;
    await server.reload({ mounts: [{ ...ADA, readOnly: true }, GRACE] });
    expect((await server.dav()('PUT', '/ada/a.txt', {}, 'x')).status).toBe(403);
    expect((await server.dav()('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect(server.emulator.calls.length).toBe(calls);
    await server.reload({ mounts: [ADA, GRACE] });
    expect((await server.dav()('PUT', '/ada/a.txt', {}, 'x')).status).toBe(204);
  });
});

describe('a reload', () => {
  it('of the same configuration changes nothing and says so', async () => {
    const server = await serve();
    expect(await server.reload()).toEqual({ changed: [], needRestart: [] });
  });

  it('names what needs a restart, keeps its old value, and changes the rest', async () => {
    const server = await serve();
    const result = await server.reload({
      listen: { host: '127.0.0.1', port: 1, compression: false },
      dataDir: './other',
      users: [{ name: 'all' }, { name: 'bob' }],
    });
    expect(result).toEqual({ changed: ['listen.compression', 'users'], needRestart: ['dataDir', 'listen.port'] });
    expect(await statusOf(server, 'bob', '/ada/a.txt')).toBe(200);
    expect((await server.reload()).needRestart).toEqual(['dataDir', 'listen.port']);
  });
});

describe('requests under way', () => {
  /** The status line and the headers, once they are there, and the rest of the body. */
  async function beginGet(server: ReloadServer, path: string, user: string) {
    const response = await fetch(new URL(path, server.url), { headers: basic(user, user) });
    const reader = response.body!.getReader();
    const first = await reader.read();
    const readAll = async () => {
      const hash = createHash('sha256').update(first.value!);
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        hash.update(part.value);
      }
      return hash.digest('hex');
    };
    return { status: response.status, readAll };
  }

  const big = randomBytes(24 * 1024 ** 2);
  const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const bigHash = hashOf(big);
  const USERS = [{ name: 'all' }, { name: 'bob' }];
  const CHANGES: [string, Given][] = [
    ['the mount is removed', { mounts: [GRACE] }],
    ['the user is removed', { users: [{ name: 'all' }] }],
    ['the mount becomes read-only', { mounts: [{ ...ADA, readOnly: true }, GRACE] }],
    ['the user may only read', { users: [{ name: 'all' }, { name: 'bob', mounts: { '*': 'read' } }] }],
    ['the mount shows another folder', { mounts: [{ ...ADA, root: '/other' }, GRACE] }],
    ['the limit of uploads sinks', { limits: { maxUploadBytes: 10 } }],
    ['the policy of downloads changes', { downloads: { policy: 'redirect' } }],
  ];

  it.each(CHANGES)('end as they began, byte for byte, while %s', async (_what, change) => {
    const server = await serve({
      config: { users: USERS },
      seed: async emulator => emulator.mailbox('ada@contoso.com').put('/big', big),
    });
    const get = await beginGet(server, '/ada/big', 'bob');
    const account = { url: server.url, user: 'bob', password: 'bob' };
    const put = await openPut(account, '/ada/put', { 'Content-Length': String(big.length), Expect: '100-continue' });
    put.put.write(big.subarray(0, big.length / 2));
    await eventually(() => expect(server.emulator.openUploadSessions()).toBe(1));
    expect((await server.reload(change)).changed).not.toEqual([]);
    put.put.end(big.subarray(big.length / 2));
    expect(await put.status).toBe(201);
    expect([get.status, await get.readAll()]).toEqual([200, bigHash]);
    expect(hashOf(await server.emulator.mailbox('ada@contoso.com').read('/put'))).toBe(bigHash);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });
});
