import { writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { hashSync } from 'bcryptjs';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { basic } from '../support/raw-http.ts';
import { type ReloadServer, openReloadServer as serve, startReloadServer } from '../support/reload-server.ts';

const closing: (() => void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) {
    close();
  }
});

const REALM = (realm: string) => ({ auth: { realm } });

/** Requests over one connection, with the password in each. */
function keptAlive({ url }: ReloadServer) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => agent.destroy());
  return (user: string, password = user) =>
    new Promise<{ status: number; isReused: boolean }>((resolve, reject) => {
      const headers = { ...basic(user, password), depth: '0' };
      const sent = request(new URL('/ada/', url), { agent, method: 'PROPFIND', headers }, response => {
        response.resume().once('end', () => resolve({ status: response.statusCode!, isReused: sent.reusedSocket }));
      });
      sent.once('error', reject).end();
    });
}

describe('what a tenant has asked for outlives a reload', () => {
  const RETRY_LATER = { status: 429, retryAfter: '600' };

  it.each([
    ['with other users', (_: ReloadServer) => ({ users: [{ name: 'all' }, { name: 'bob' }] })],
    ['with another limit of requests', (_: ReloadServer) => ({ graph: { maxConcurrentRequests: 3 } })],
    [
      'with another secret',
      ({ config, emulator }: ReloadServer) => {
        emulator.setApplication({ clientSecret: 'another' });
        return { tenant: { ...(config.tenant as object), clientSecret: 'another' } };
      },
    ],
  ])('%s: a throttled tenant is left alone', async (_what, change) => {
    const server = await serve({ emulator: { strict: { retryAfter: true } } });
    server.emulator.setFault(operation => (operation === 'token' ? undefined : RETRY_LATER));
    expect((await server.dav()('GET', '/ada/a.txt')).status).toBe(503);
    server.emulator.setFault(undefined);
    server.emulator.resetCalls();
    await server.reload(change(server));
    const { status, headers } = await server.dav()('GET', '/ada/a.txt');
    expect([status, Number(headers.get('retry-after'))]).toEqual([503, expect.toSatisfy(wait => wait > 60)]);
    expect(server.emulator.calls.filter(({ operation }) => operation !== 'token')).toEqual([]);
  });

  it('a token is not asked for anew', async () => {
    const server = await serve();
    await server.dav()('GET', '/ada/a.txt');
    server.emulator.resetCalls();
    await server.reload({
      mounts: [{ mailbox: 'ada@contoso.com', name: 'again' }],
      graph: { maxConcurrentRequests: 3 },
    });
    expect((await server.dav()('GET', '/again/a.txt')).text).toBe('of Ada');
    expect(server.emulator.calls.map(({ operation }) => operation)).not.toContain('token');
  });
});

describe('passwords on a connection that stays open', () => {
  it('are those of the configuration of the moment', async () => {
    const server = await serve({ config: { users: [{ name: 'all' }, { name: 'bob' }] } });
    const ask = keptAlive(server);
    expect(await ask('bob')).toEqual({ status: 207, isReused: false });
    expect(await ask('bob')).toEqual({ status: 207, isReused: true });
    await server.reload({}, { bob: 'another' });
    expect(await ask('bob')).toEqual({ status: 401, isReused: true });
    expect(await ask('bob', 'another')).toEqual({ status: 207, isReused: true });
    await server.reload({ users: [{ name: 'all' }] });
    expect(await ask('bob', 'another')).toEqual({ status: 401, isReused: true });
    await server.reload({ users: [{ name: 'all' }, { name: 'bob' }] });
    expect(await ask('bob', 'another')).toEqual({ status: 401, isReused: true });
    expect(await ask('bob')).toEqual({ status: 207, isReused: true });
  });
});

describe('guesses', () => {
  it('count on: a reload gives nobody new ones', async () => {
    const server = await serve();
    for (let guess = 0; guess < 20; guess += 1) {
      await server.dav('all', `wrong ${guess}`)('GET', '/ada/');
    }
    expect((await server.dav('all', 'one more')('GET', '/ada/')).status).toBe(429);
    await server.reload({ users: [{ name: 'all', download: 'proxy' }], ...REALM('Other') });
    expect((await server.dav('all', 'yet another')('GET', '/ada/')).status).toBe(429);
  });

  it('that were wrong are tried again when the users have changed, and not otherwise', async () => {
    const server = await serve({ config: { users: [{ name: 'all' }] } });
    expect((await server.dav('bob')('PROPFIND', '/')).status).toBe(401);
    await server.reload(REALM('Other'));
    expect((await server.dav('bob')('PROPFIND', '/')).status).toBe(401);
    await server.reload({ users: [{ name: 'all' }, { name: 'bob' }] });
    expect((await server.dav('bob')('PROPFIND', '/', { Depth: '0' })).status).toBe(207);
  });
});

describe('a file of users', () => {
  const setUp = async () => {
    const server = await serve();
    const path = join(server.folder, 'users.htpasswd');
    await writeFile(path, `dan:${hashSync('dan', 4)}\n`);
    await server.reload({ auth: { usersFile: { path, mounts: '*' } } });
    return { server, path };
  };

  it('comes and goes with the configuration', async () => {
    const { server } = await setUp();
    expect((await server.dav('dan')('GET', '/ada/a.txt')).status).toBe(200);
    await server.reload({ auth: {} });
    expect((await server.dav('dan')('GET', '/ada/a.txt')).status).toBe(401);
  });

  it('must not name a user whom the configuration has now, and then nothing changes', async () => {
    const { server } = await setUp();
    const both = server.reload({ users: [{ name: 'all' }, { name: 'dan' }] });
    await expect(both).rejects.toThrow('the user "dan" is in the configuration as well');
    expect((await server.dav('dan')('GET', '/ada/a.txt')).status).toBe(200);
  });
});

describe('reloads', () => {
  it('at once are made one after the other, and the last one stays', async () => {
    const server = await serve();
    const names = ['one', 'two', 'three'];
    const results: string[][] = [];
    for (const name of names) {
      results.push([...(await server.reload({ users: [{ name }] })).changed]);
    }
    expect(results).toEqual([['users'], ['users'], ['users']]);
    expect((await server.dav('three')('GET', '/ada/a.txt')).status).toBe(200);
    expect((await server.dav('two')('GET', '/ada/a.txt')).status).toBe(401);
  });

  it('are refused once the server stops', async () => {
    const server = await startReloadServer();
    const { stop, app } = server;
    const stopped = app.stop();
    await expect(server.reload(REALM('Other'))).rejects.toThrow('the server is stopping');
    await stopped;
    await stop();
  });

  it('change the time of locks, the names of junk and the limits with the next request', async () => {
    const server = await serve({ clock: fakeClock(Date.now()) });
    const dav = server.dav();
    expect((await dav('PUT', '/ada/._x', {}, 'junk')).status).toBe(201);
    await server.reload({
      junk: [{ names: ['._*'], policy: 'refuse' }],
      limits: { maxXmlBytes: '1 KiB', maxUrlBytes: 256, maxUploadBytes: 4 },
      locks: { maxTimeoutSeconds: 60, defaultTimeoutSeconds: 60 },
    });
    expect((await dav('PUT', '/ada/._y', {}, 'junk')).status).toBe(403);
    expect((await dav('PUT', '/ada/y', {}, 'longer')).status).toBe(413);
    expect((await dav('GET', `/ada/${'x'.repeat(300)}`)).status).toBe(414);
    expect((await dav('PROPFIND', '/ada/', {}, `<!--${'x'.repeat(2000)}-->`)).status).toBe(413);
    const body = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>';
    const lock = await dav('LOCK', '/ada/a.txt', { Timeout: 'Second-3600' }, body);
    expect(lock.text).toContain('Second-60<');
  });
});

describe('a file whose upload began before a reload', () => {
  it.each([
    ['the same drives', { junk: [] }],
    ['other drives', { limits: { maxSpoolBytes: 123_456_789 } }],
    [
      'another cache, and another name',
      { cache: { pollSeconds: 0, ttlSeconds: 3_000 }, mounts: [{ mailbox: 'ada@contoso.com', name: 'lovelace' }] },
    ],
  ])('is there as soon as it is stored, with %s', async (_what, change) => {
    const server = await serve();
    const dav = server.dav();
    const half = Buffer.alloc(11 * 1024 ** 2, 'half ');
    const put = request(new URL('/ada/new', server.url), {
      method: 'PUT',
      headers: { ...basic('all', 'all'), 'Content-Length': half.length + 4 },
    });
    const status = new Promise(resolve => put.once('response', response => resolve(response.resume().statusCode)));
    put.write(half);
    await eventually(() => expect(server.emulator.openUploadSessions()).toBe(1));
    await server.reload(change);
    const mount = 'mounts' in change ? '/lovelace/' : '/ada/';
    const listed = async () => (await dav('PROPFIND', mount, { Depth: '1' })).text.includes(`${mount}new<`);
    expect([await listed(), (await dav('HEAD', `${mount}new`)).status]).toEqual([false, 404]);
    put.end('done');
    expect(await status).toBe(201);
    expect([await listed(), (await dav('HEAD', `${mount}new`)).status]).toEqual([true, 200]);
  });
});
