import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { basic } from '../support/raw-http.ts';
import { openReloadServer, type ReloadServer, type ReloadServerOptions } from '../support/reload-server.ts';

const start = (config: ReloadServerOptions['config']) => openReloadServer({ config });

/** More than goes up in one request. */
const HALF = Buffer.alloc(11 * 1024 ** 2, 'half ');

/** A PUT that has begun to reach Microsoft, and whose body ends when the test says so. */
async function slowPut({ emulator, url }: ReloadServer, user: string, path: string) {
  const put = request(new URL(path, url), {
    method: 'PUT',
    headers: { ...basic(user, user), 'Content-Length': HALF.length + 4 },
  });
  const answer = new Promise<number | undefined>((resolve, reject) => {
    put.on('response', ({ statusCode }) => resolve(statusCode)).on('error', reject);
  });
  answer.catch(() => {});
  put.write(HALF);
  await eventually(() => expect(emulator.openUploadSessions()).toBe(1));
  return {
    cut: () => put.destroy(),
    finish: () => {
      put.end('done');
      return answer;
    },
  };
}

const USERS = [{ name: 'bob' }, { name: 'eve' }];

describe('the transfers of a user', () => {
  it('wait for their turn; those of others do not', async () => {
    const server = await start({
      users: [{ name: 'bob', limits: { transfers: 1 } }, { name: 'eve' }],
      limits: { perUser: { transfers: 50 } },
    });
    const [bob, eve] = [server.dav('bob'), server.dav('eve')];
    const first = await slowPut(server, 'bob', '/ada/first');
    let isSecondDone = false;
    const second = bob('PUT', '/ada/second', {}, 'x').then(({ status }) => {
      isSecondDone = true;
      return status;
    });
    // A listing is no transfer.
    expect((await bob('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    expect((await eve('PUT', '/ada/third', {}, 'x')).status).toBe(201);
    expect((await eve('GET', '/ada/a.txt')).text).toBe('of Ada');
    expect(isSecondDone).toBe(false);
    expect(await first.finish()).toBe(201);
    expect(await second).toBe(201);
    expect((await bob('GET', '/ada/first')).text).toBe(`${HALF}done`);
  });

  it('free their place when the client has gone', async () => {
    const server = await start({ users: USERS, limits: { perMount: { transfers: 1 } } });
    const [bob, eve] = [server.dav('bob'), server.dav('eve')];
    const cut = await slowPut(server, 'bob', '/ada/cut');
    const waiting = eve('GET', '/ada/a.txt');
    expect((await eve('GET', '/grace/g.txt')).text).toBe('of Grace');
    cut.cut();
    expect((await waiting).text).toBe('of Ada');
    expect((await bob('PROPFIND', '/ada/cut', { Depth: '0' })).status).toBe(404);
  });

  it.each(['COPY', 'MOVE'])('free their place in the source of a %s that the target has refused', async method => {
    const mounts = [
      { mailbox: 'ada@contoso.com', limits: { quotaBytes: 7 } },
      { mailbox: 'grace@contoso.com', limits: { transfers: 1 } },
    ];
    const server = await start({ users: USERS, mounts });
    const bob = server.dav('bob');
    const Destination = new URL('/ada/more', server.url).href;
    expect((await bob(method, '/grace/g.txt', { Destination })).status).toBe(507);
    expect((await bob('GET', '/grace/g.txt')).text).toBe('of Grace');
  });
});

it('the requests of a user come again later, of nobody else, and until the limit is lifted', async () => {
  const server = await start({ users: [{ name: 'bob', limits: { requestsPerSecond: 0.1 } }, { name: 'eve' }] });
  const [bob, eve] = [server.dav('bob'), server.dav('eve')];
  expect((await bob('PROPFIND', '/', { Depth: '0' })).status).toBe(207);
  const refused = await bob('PROPFIND', '/', { Depth: '0' });
  expect(refused.status).toBe(429);
  const seconds = Number(refused.headers.get('retry-after'));
  expect(seconds).toBeGreaterThan(5);
  expect(seconds).toBeLessThanOrEqual(10);
  expect(refused.text).toBe(`too many requests; try again in ${seconds} s\n`);
  expect((await eve('PROPFIND', '/', { Depth: '0' })).status).toBe(207);
  // Another change of the configuration forgets nothing.
  await server.reload({ junk: [] });
  expect((await bob('PROPFIND', '/', { Depth: '0' })).status).toBe(429);
  expect((await server.reload({ users: USERS })).changed).toEqual(['users']);
  expect((await bob('PROPFIND', '/', { Depth: '0' })).status).toBe(207);
});

it('OPTIONS without credentials is not limited: strangers could keep clients from signing in', async () => {
  const server = await start({
    users: USERS,
    auth: { allowUnauthenticatedOptions: true },
    limits: { perUser: { requestsPerSecond: 0.1 } },
  });
  for (const _ of [1, 2, 3]) {
    expect((await fetch(server.url, { method: 'OPTIONS' })).status).toBe(200);
  }
});

describe('the quota of a mount', () => {
  const mounts = [
    { mailbox: 'ada@contoso.com', limits: { quotaBytes: 20 } },
    { mailbox: 'grace@contoso.com' },
    { mailbox: 'ada@contoso.com', name: 'free', limits: { quotaBytes: null } },
  ];

  it('refuses what is too much with 507, before it is sent, on every way into the mount', async () => {
    const server = await start({ users: USERS, mounts, limits: { perMount: { quotaBytes: 1_000 } } });
    const dav = server.dav('bob');
    expect((await dav('PUT', '/ada/fits', {}, '1234567890')).status).toBe(201);
    const refused = await dav('PUT', '/ada/more', {}, 'x'.repeat(11));
    expect(refused.status).toBe(507);
    expect(refused.text).toContain('quota-not-exceeded');
    expect((await dav('PROPFIND', '/ada/more', { Depth: '0' })).status).toBe(404);
    expect((await dav('PUT', '/grace/more', {}, 'x'.repeat(11))).status).toBe(201);
    const inMount = (method: string) =>
      dav(method, '/grace/more', { Destination: new URL('/ada/more', server.url).href });
    expect((await inMount('COPY')).status).toBe(507);
    expect((await inMount('MOVE')).status).toBe(507);
    expect((await dav('GET', '/grace/more')).text).toBe('x'.repeat(11));
    expect((await dav('COPY', '/ada/fits', { Destination: new URL('/ada/twin', server.url).href })).status).toBe(507);
    // As large as before: no more than before.
    expect((await dav('PUT', '/ada/fits', {}, '0987654321')).status).toBe(204);
    expect((await dav('PUT', '/free/more', {}, 'x'.repeat(100))).status).toBe(201);
  });

  it('has room again for what is removed or replaced here, as long as the cloud says the same', async () => {
    const server = await start({ users: USERS, mounts });
    const dav = server.dav('bob');
    const onto = (name: string) => ({ Destination: new URL(`/ada/${name}`, server.url).href });
    for (const _ of [1, 2, 3]) {
      expect((await dav('PUT', '/ada/gone', {}, '1234567890')).status).toBe(201);
      expect((await dav('DELETE', '/ada/gone')).status).toBe(204);
    }
    expect((await dav('PUT', '/ada/saved', {}, '1234')).status).toBe(201);
    for (const _ of [1, 2, 3]) {
      expect((await dav('PUT', '/ada/new', {}, '1234567890')).status).toBe(201);
      expect((await dav('MOVE', '/ada/new', onto('saved'))).status).toBe(204);
      expect((await dav('PUT', '/ada/saved', {}, '1234')).status).toBe(204);
    }
    expect((await dav('PUT', '/ada/more', {}, '12345678901')).status).toBe(507);
  });

  it('is what clients are told', async () => {
    const server = await start({ users: USERS, mounts });
    const ask = '<propfind xmlns="DAV:"><prop><quota-available-bytes/><quota-used-bytes/></prop></propfind>';
    const { text } = await server.dav('bob')('PROPFIND', '/ada/', { Depth: '0' }, ask);
    expect(text).toContain('quota-available-bytes>14<');
    expect(text).toContain('quota-used-bytes>6<');
  });
});
