import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Dav, davClient } from '../support/dav-client.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { askForChanges, propfindTree, readChanges, SyncClient, type SyncedTree } from '../support/sync-client.ts';
import { startTestServer, type TestServer, type TestServerOptions } from '../support/test-server.ts';

const NOTHING_CACHED = 'cache: { ttlSeconds: 0 }';
const ALL_CACHED = 'cache: { ttlSeconds: 3600, pollSeconds: 0 }';
const SUB_MOUNT = '{ name: sub, mailbox: ada@contoso.com, root: /a, download: proxy }';

const running: TestServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) {
    await server.stop();
    expect(server.emulator.violations).toEqual([]);
  }
});

async function start(options: TestServerOptions = {}): Promise<{ server: TestServer; dav: Dav }> {
  const server = await startTestServer({ yaml: [NOTHING_CACHED], ...options });
  running.push(server);
  const { ada } = server.mailboxes;
  await ada.put('/a/b/c.txt', 'c');
  await ada.put('/a/d.txt', 'd');
  await ada.put('/e/f.txt', 'f');
  // After a restart there is another address.
  return { server, dav: (...request) => davClient(server)(...request) };
}

/** Of folders the date is left out: it moves whenever this server notices that a member has come or gone. */
function comparable(tree: SyncedTree): Record<string, unknown> {
  return Object.fromEntries(
    [...tree]
      .map(([href, props]) => [href, href.endsWith('/') ? { ...props, 'DAV: getlastmodified': '' } : props] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
}

async function expectSame(dav: Dav, client: SyncClient, path: string, level: string): Promise<void> {
  await client.sync();
  expect(comparable(client.tree)).toEqual(comparable(await propfindTree(dav, path, level)));
}

describe('a client that knows a folder by sync-collection alone', () => {
  it.each([
    ['new content', (server: TestServer) => server.mailboxes.ada.put('/a/d.txt', 'longer')],
    ['a new file', (server: TestServer) => server.mailboxes.ada.put('/a/b/new', 'x')],
    ['a new folder with members', (server: TestServer) => server.mailboxes.ada.put('/a/new/deep/file', 'x')],
    ['a file that is gone', async (server: TestServer) => server.mailboxes.ada.remove('/a/d.txt')],
    ['a folder that is gone', async (server: TestServer) => server.mailboxes.ada.remove('/a/b')],
    ['another name', async (server: TestServer) => server.mailboxes.ada.move('/a/d.txt', '/a/D2.txt')],
    ['another spelling', async (server: TestServer) => server.mailboxes.ada.move('/a/b', '/a/B')],
    ['what comes from outside', async (server: TestServer) => server.mailboxes.ada.move('/e', '/a/e')],
    ['what goes outside', async (server: TestServer) => server.mailboxes.ada.move('/a/b', '/e/b')],
    ['a folder with another name', async (server: TestServer) => server.mailboxes.ada.move('/a/b', '/a/x')],
    ['the folder itself elsewhere', async (server: TestServer) => server.mailboxes.ada.put('/e/f.txt', 'other')],
  ])('sees %s', async (_, change) => {
    const { server, dav } = await start();
    const clients = ['1', 'infinite'].map(level => ({ level, client: new SyncClient(dav, '/ada/a/', { level }) }));
    for (const { client, level } of clients) {
      await expectSame(dav, client, '/ada/a/', level);
    }
    await change(server);
    for (const { client, level } of clients) {
      await expectSame(dav, client, '/ada/a/', level);
      expect(client.resyncs).toBe(0);
    }
  });

  it('sees at once what was written through this server, however far the feed lags', async () => {
    const { dav } = await start({ emulator: { deltaLagMs: 3_600_000 } });
    const client = new SyncClient(dav, '/ada/', { level: 'infinite' });
    await client.sync();
    await dav('PUT', '/ada/a/own', {}, 'x');
    await dav('PUT', '/ada/a/d.txt', {}, 'longer');
    await dav('MKCOL', '/ada/made/');
    await dav('PUT', '/ada/made/in', {}, 'x');
    await dav('MOVE', '/ada/e/', { Destination: '/ada/a/moved/' });
    await dav('DELETE', '/ada/a/b/');
    await expectSame(dav, client, '/ada/', 'infinite');
  });

  it('sees what others have done once the feed tells it, and what it saw before stays', async () => {
    const clock = fakeClock(Date.now());
    const { server, dav } = await start({ emulator: { deltaLagMs: 60_000, clock }, clock });
    clock.advance(61_000);
    const client = new SyncClient(dav, '/ada/', { level: 'infinite' });
    await client.sync();
    const before = comparable(client.tree);
    await server.mailboxes.ada.put('/a/late', 'x');
    server.mailboxes.ada.remove('/a/b/c.txt');
    await client.sync();
    expect(comparable(client.tree)).toEqual(before);
    clock.advance(61_000);
    await expectSame(dav, client, '/ada/', 'infinite');
  });

  it('goes on after a restart of the server, also after what happened meanwhile', async () => {
    const { server, dav } = await start();
    const client = new SyncClient(dav, '/ada/', { level: 'infinite' });
    await client.sync();
    await server.suspend();
    await server.mailboxes.ada.put('/a/new', 'x');
    server.mailboxes.ada.remove('/e');
    await server.restart();
    await expectSame(dav, client, '/ada/', 'infinite');
    expect(client.resyncs).toBe(0);
  });

  it('begins anew when Graph has forgotten the position, and does not lose anything', async () => {
    const { server, dav } = await start();
    const client = new SyncClient(dav, '/ada/', { level: 'infinite' });
    await client.sync();
    await server.mailboxes.ada.put('/a/new', 'x');
    server.mailboxes.ada.remove('/a/d.txt');
    server.mailboxes.ada.expireChanges();
    await expectSame(dav, client, '/ada/', 'infinite');
    expect(client.resyncs).toBe(1);
    await server.mailboxes.ada.put('/a/newer', 'x');
    await expectSame(dav, client, '/ada/', 'infinite');
    expect(client.resyncs).toBe(1);
  });

  it('is told the same through every mount of the folder, and clients have tokens of their own', async () => {
    const { server, dav } = await start({ mounts: [SUB_MOUNT] });
    const [one, other] = ['/ada/a/', '/sub/'].map(path => new SyncClient(dav, path, { level: 'infinite' }));
    await Promise.all([one!.sync(), other!.sync()]);
    await server.mailboxes.ada.put('/a/b/new', 'x');
    await one!.sync();
    server.mailboxes.ada.remove('/a/b/new');
    await server.mailboxes.ada.put('/a/b/newer', 'x');
    await Promise.all([expectSame(dav, one!, '/ada/a/', 'infinite'), expectSame(dav, other!, '/sub/', 'infinite')]);
    expect([one!.resyncs, other!.resyncs]).toEqual([0, 0]);
  });

  it.each([
    ['has empty pages and repeats itself', { deltaEmptyPages: true, deltaRepeats: true }],
    ['leaves out what was in a folder that is gone', { deltaDescendants: 'left-out' as const }],
    ['calls a token that it does not know 410', { deltaInvalidTokenStatus: 410 as const }],
  ])('sees the same where the feed %s', async (_, emulator) => {
    const { server, dav } = await start({ emulator });
    const client = new SyncClient(dav, '/ada/', { level: 'infinite', limit: 2 });
    await expectSame(dav, client, '/ada/', 'infinite');
    server.mailboxes.ada.remove('/a/b');
    server.mailboxes.ada.move('/e', '/a/b');
    await server.mailboxes.ada.put('/a/b/g', 'g');
    await expectSame(dav, client, '/ada/', 'infinite');
  });

  it('sees thousands of changes, in parts', async () => {
    const { server, dav } = await start();
    const client = new SyncClient(dav, '/ada/', { level: 'infinite', limit: 700 });
    await client.sync();
    server.mailboxes.ada.putAll(Array.from({ length: 2_500 }, (_, index) => [`/many/${index % 20}/${index}`, 'x']));
    await expectSame(dav, client, '/ada/', 'infinite');
    server.mailboxes.ada.move('/many', '/e/many');
    await expectSame(dav, client, '/ada/', 'infinite');
    expect(client.resyncs).toBe(0);
  });

  it('a folder that is made anew by the same name is another one', async () => {
    const { server, dav } = await start();
    const client = new SyncClient(dav, '/ada/a/', { level: '1' });
    await client.sync();
    server.mailboxes.ada.remove('/a');
    expect((await askForChanges(dav, '/ada/a/', { token: client.token })).status).toBe(404);
    await server.mailboxes.ada.put('/a/other', 'x');
    await expectSame(dav, client, '/ada/a/', '1');
    expect(client.resyncs).toBe(1);
  });

  it('gets nothing while Graph cannot be asked, and everything later', async () => {
    const { server, dav } = await start();
    const client = new SyncClient(dav, '/ada/', { level: 'infinite' });
    await client.sync();
    await server.mailboxes.ada.put('/a/b/new', 'x');
    server.emulator.setFault(operation => (operation === 'driveItem-list-children' ? { status: 403 } : undefined));
    expect((await askForChanges(dav, '/ada/', { level: 'infinite', token: client.token })).status).toBe(403);
    server.emulator.setFault(undefined);
    await expectSame(dav, client, '/ada/', 'infinite');
  });

  it('no listing shows a member older than the last report to a client', async () => {
    const { server, dav } = await start({ yaml: [ALL_CACHED] });
    const client = new SyncClient(dav, '/ada/', { level: 'infinite' });
    await expectSame(dav, client, '/ada/', 'infinite');
    await server.mailboxes.ada.put('/a/d.txt', 'longer');
    await server.mailboxes.ada.put('/a/b/new', 'x');
    server.mailboxes.ada.move('/e', '/a/e');
    await expectSame(dav, client, '/ada/', 'infinite');
  });
});

it('a client that begins with a listing and its token misses nothing', async () => {
  const { server, dav } = await start({ yaml: [ALL_CACHED] });
  const asked = '<D:propfind xmlns:D="DAV:"><D:prop><D:sync-token/><D:getetag/></D:prop></D:propfind>';
  const list = async () => (await dav('PROPFIND', '/ada/a/', { Depth: '1' }, asked)).text;
  // The listing is remembered, and older than the token.
  await dav('PROPFIND', '/ada/a/', { Depth: '1' });
  await server.mailboxes.ada.put('/a/between', 'x');
  const text = await list();
  expect(text).toContain('/ada/a/between');
  const { token, responses } = readChanges(
    (await askForChanges(dav, '/ada/a/', { token: /<D:sync-token>([^<]+)</.exec(text)![1]! })).text,
  );
  expect([responses, token]).toEqual([[], expect.any(String)]);
});

describe('shortcuts', () => {
  const asked = '<D:propfind xmlns:D="DAV:"><D:prop><D:sync-token/></D:prop></D:propfind>';

  it('are told with 403; where they are followed, their folders have a report of their own', async () => {
    const { server, dav } = await start({
      mounts: ['{ mailbox: ada@contoso.com, name: follow, shortcuts: follow, download: proxy }'],
    });
    const { ada, grace } = server.mailboxes;
    await grace.put('/shared/file', 'x');
    const remoteItem = { driveId: grace.driveId, itemId: grace.stat('/shared')!.id };
    await ada.plant('/a/link', { kind: 'remoteItem', remoteItem });
    for (const mount of ['/ada', '/follow']) {
      const client = new SyncClient(dav, `${mount}/a/`, { level: 'infinite' });
      await client.sync();
      expect([...client.elsewhere]).toEqual([`${mount}/a/link/`]);
      const members = new SyncClient(dav, `${mount}/a/`, { level: '1' });
      await expectSame(dav, members, `${mount}/a/`, '1');
    }
    expect((await askForChanges(dav, '/ada/a/link/')).text).toContain('<D:supported-report/>');
    expect((await dav('PROPFIND', '/ada/a/link/', { Depth: '0' }, asked)).status).toBe(207);
    const through = new SyncClient(dav, '/follow/a/link/', { level: 'infinite' });
    await expectSame(dav, through, '/follow/a/link/', 'infinite');
    await grace.put('/shared/new', 'x');
    await expectSame(dav, through, '/follow/a/link/', 'infinite');
  });
});

describe('a cloud without a feed', () => {
  it.each([400, 501] as const)('(%s) does not have the report, once that is known', async status => {
    const { server, dav } = await start({ emulator: { deltaSupported: false, deltaUnsupportedStatus: status } });
    const asked = '<D:propfind xmlns:D="DAV:"><D:prop><D:supported-report-set/><D:sync-token/></D:prop></D:propfind>';
    for (let times = 0; times < 3; times += 1) {
      const answer = await askForChanges(dav, '/ada/a/');
      expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('<D:supported-report/>')]);
    }
    expect((await dav('PROPFIND', '/ada/a/', { Depth: '0' }, asked)).text).not.toContain('sync-collection');
    expect(server.emulator.calls.filter(({ operation }) => operation === 'driveItem-delta')).toHaveLength(1);
  });
});

describe('a token', () => {
  it('tells nothing of Graph, and is never followed', async () => {
    const { server, dav } = await start();
    const { token } = readChanges((await askForChanges(dav, '/ada/a/')).text);
    expect(token).toMatch(/^urn:onedrive-webdav:sync:[0-9a-f]{32}:1:\d+$/);
    server.emulator.resetCalls();
    for (const made of ['https://graph.microsoft.com/v1.0/drives/x/root/delta?token=x', `${token}9`, `${token}:x`]) {
      expect((await askForChanges(dav, '/ada/a/', { token: made })).status).toBe(403);
    }
    expect(server.emulator.calls.filter(({ operation }) => operation === 'driveItem-delta')).toEqual([]);
  });

  it('of one user is good for another who may read the folder', async () => {
    const { server, dav } = await start({ others: ['other'] });
    const { token } = readChanges((await askForChanges(dav, '/ada/a/')).text);
    const other = davClient({ url: server.url, ...server.others[0]! });
    expect((await askForChanges(other, '/ada/a/', { token })).status).toBe(207);
  });
});

describe('after every sequence of changes on both sides', () => {
  const name = fc.constantFrom('a', 'b', 'C', 'c', 'd é');
  const path = fc.array(name, { minLength: 1, maxLength: 3 });
  const side = fc.constantFrom('ours', 'theirs');
  const step = fc.oneof(
    { weight: 3, arbitrary: fc.record({ do: fc.constant('put' as const), side, path, size: fc.nat(9) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('mkdir' as const), side, path }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), side, path, to: path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), side, path }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const), who: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('forget' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  it('a client of sync-collection has what PROPFIND shows', async () => {
    const { server, dav } = await start({ emulator: { deltaRepeats: true }, mounts: [SUB_MOUNT] });
    const clients = [
      ['/ada/', 'infinite', undefined],
      ['/ada/', '1', undefined],
      ['/ada/a/', 'infinite', 2],
      ['/ada/a/', '1', 1],
      ['/ada/a/b/', 'infinite', undefined],
      ['/sub/', 'infinite', undefined],
    ].map(([at, level, limit]) => {
      const [folder, options] = [String(at), { level: String(level), limit: limit as number | undefined }];
      return { folder, level: options.level, client: new SyncClient(dav, folder, options) };
    });
    const follow = async ({ folder, level, client }: (typeof clients)[number]) => {
      const { status, text } = await dav('PROPFIND', folder, { Depth: '0' });
      if (text.includes('<D:collection/>')) {
        await expectSame(dav, client, folder, level);
        return;
      }
      // Nothing, or a file by that name.
      const answer = await askForChanges(dav, folder, { level, token: client.token });
      expect(answer.status).toBe(status === 404 ? 404 : 403);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 15 }), async steps => {
        for (const one of steps) {
          await act(server, dav, one);
          await (one.do === 'sync' ? follow(clients[one.who]!) : undefined);
        }
        for (const client of clients) {
          await follow(client);
        }
      }),
      { numRuns: 30, seed: 20_261_129, endOnFailure: true },
    );
    // What is gone was told as gone: only a few had to begin anew.
    expect(clients[0]!.client.resyncs).toBeLessThan(30);
  });

  /** Does what can be done; what cannot be is refused on both sides. */
  async function act(server: TestServer, dav: Dav, one: Step): Promise<void> {
    const { ada } = server.mailboxes;
    const [path, to] = ['path' in one ? one.path : [], 'to' in one ? one.to : []];
    const text = (names: readonly string[]) => `/${names.join('/')}`;
    const url = (names: readonly string[]) => `/ada/${names.map(encodeURIComponent).join('/')}`;
    const isOurs = 'side' in one && one.side === 'ours';
    const work = {
      put: async () => {
        const content = 'x'.repeat('size' in one ? one.size : 0);
        return isOurs ? dav('PUT', url(path), {}, content) : ada.put(text(path), content);
      },
      mkdir: async () => (isOurs ? dav('MKCOL', url(path)) : ada.mkdir(text(path))),
      move: async () => (isOurs ? dav('MOVE', url(path), { Destination: url(to) }) : ada.move(text(path), text(to))),
      remove: async () => (isOurs ? dav('DELETE', url(path)) : ada.remove(text(path))),
      sync: async () => {},
      forget: async () => ada.expireChanges(),
      restart: async () => server.restart(),
    } satisfies Record<Step['do'], () => Promise<unknown>>;
    await work[one.do]().catch(() => {});
  }
});
