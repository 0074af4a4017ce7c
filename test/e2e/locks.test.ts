import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Dav, davClient } from '../support/dav-client.ts';
import { eventually } from '../support/eventually.ts';
import { activeLocks, lockInfo, locksOn, takeLock, tokenIn, unlock } from '../support/locks.ts';
import { openPut } from '../support/open-put.ts';
import { propfind, proppatch, set, textOf } from '../support/properties.ts';
import { basic } from '../support/raw-http.ts';
import { sampleBytes } from '../support/sample-tree.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

const MIB = 1024 ** 2;

let server: TestServer;
/** Two users, each with a client of its own. */
let ada: Dav;
let bob: Dav;

beforeAll(async () => {
  server = await startTestServer({
    others: ['bob'],
    mounts: ['{ mailbox: ada@contoso.com, name: part, root: /Protected, readOnly: true }'],
  });
  const [other] = server.others;
  ada = davClient(server);
  bob = (...args) => davClient({ ...other!, url: server.url })(...args);
});
afterAll(async () => {
  await server?.stop();
  expect(server?.emulator.violations).toEqual([]);
});

const stored = async (path: string) => (await server.mailboxes.ada.read(path)).toString();

const openPutOfBob = (path: string, headers: Record<string, string>) =>
  openPut({ ...server.others[0]!, url: server.url }, path, headers);

describe('two clients at once', () => {
  it('100 times both LOCK and PUT: exactly one wins, and its content stays', async () => {
    await ada('MKCOL', '/ada/race');
    for (let round = 0; round < 100; round += 1) {
      const path = `/ada/race/${round % 2 ? 'again' : round}`;
      const outcomes = await Promise.all(
        [ada, bob].map(async (dav, index) => {
          const answer = await dav('LOCK', path, { Depth: '0' }, lockInfo());
          const hasWon = answer.status < 300;
          const token = tokenIn(answer);
          const headers: Record<string, string> = hasWon ? { If: `(<${token}>)` } : {};
          const put = await dav('PUT', path, headers, `round ${round} of client ${index}`);
          return { dav, index, hasWon, token, statuses: [answer.status, put.status] };
        }),
      );
      const [winner, loser] = outcomes.toSorted((a, b) => Number(b.hasWon) - Number(a.hasWon));
      expect(winner!.statuses).toEqual([expect.any(Number), 204]);
      expect(loser!.statuses).toEqual([423, 423]);
      expect(await stored(path.slice('/ada'.length))).toBe(`round ${round} of client ${winner!.index}`);
      expect((await unlock(winner!.dav, path, winner!.token)).status).toBe(204);
    }
  });

  it.each([
    ['a long PUT', { 'Content-Length': String(24 * MIB) }, 20 * MIB, 4 * MIB],
    ['a PUT of unknown length', { 'Transfer-Encoding': 'chunked', Expect: '100-continue' }, 1000, 1000],
  ])('a LOCK while %s without a token is under way stops it', async (name, headers, first, rest) => {
    const path = `/ada/${name.replaceAll(' ', '-')}`;
    await ada('PUT', path, {}, 'old');
    const { put, status } = await openPutOfBob(path, headers);
    put.write(Buffer.alloc(first));
    await eventually(() => expect(server.emulator.openUploadSessions()).toBe('Expect' in headers ? 0 : 1));
    const token = await takeLock(ada, path);
    put.end(Buffer.alloc(rest));
    expect(await status).toBe(423);
    expect(await stored(path.slice('/ada'.length))).toBe('old');
    expect((await ada('PUT', path, { If: `(<${token}>)` }, 'new')).status).toBe(204);
    expect(await stored(path.slice('/ada'.length))).toBe('new');
    await eventually(() => expect(server.emulator.openUploadSessions()).toBe(0));
  });

  it.each(['PUT', 'DELETE', 'MOVE', 'COPY', 'PROPPATCH'])(
    'a LOCK that is given is given after a %s without a token, or instead of it',
    async method => {
      const path = `/ada/under-lock-${method}`;
      for (let round = 0; round < 10; round += 1) {
        const source = `${path}-source-${round}`;
        await ada('PUT', path, {}, 'old');
        await ada('PUT', source, {}, 'new');
        const change = (): Promise<{ status: number }> => {
          switch (method) {
            case 'PUT':
              return bob(method, path, {}, 'new');
            case 'DELETE':
              return bob(method, path);
            case 'PROPPATCH':
              return proppatch(
                bob,
                path,
                set(`<x:a>${round}</x:a><D:lastmodified>${10 ** 9 + round}</D:lastmodified>`),
              );
            default:
              return bob(method, source, { Destination: path });
          }
        };
        const look = async () => [
          server.mailboxes.ada.stat(path.slice('/ada'.length)),
          await stored(path.slice('/ada'.length)),
          await textOf(ada, path, '<x:a/>'),
        ];
        const lock = async () => {
          const answer = await ada('LOCK', path, {}, lockInfo());
          return { answer, seen: await look() };
        };
        const [changed, { answer, seen }] = await Promise.all([change(), lock()]);
        expect([changed.status < 300 || changed.status === 423, answer.status < 300]).toEqual([true, true]);
        expect(await look()).toEqual(seen);
        expect((await unlock(ada, path, tokenIn(answer))).status).toBe(204);
      }
    },
  );
});

describe('a restart in the middle of an edit', () => {
  it('leaves locks, properties and side files as they are, and the save goes through', async () => {
    await ada('PUT', '/ada/edited', {}, 'draft');
    await proppatch(ada, '/ada/edited', set('<x:author>Ada</x:author>'));
    await ada('PUT', '/ada/._edited', {}, 'tags');
    const token = await takeLock(ada, '/ada/edited', { Timeout: 'Second-900' });
    const shared = await takeLock(bob, '/ada/._edited', {}, 'shared');
    expect((await ada('PUT', '/ada/edited', { If: `(<${token}>)` }, 'half')).status).toBe(204);
    await server.restart();
    expect(await locksOn(bob, '/ada/edited')).toMatchObject([{ token, depth: 'infinity', root: ['/ada/edited'] }]);
    const [remaining] = (await locksOn(bob, '/ada/edited')).map(({ timeout }) => Number(timeout.split('-')[1]));
    expect(remaining! > 600 && remaining! <= 900).toBe(true);
    expect((await bob('PUT', '/ada/edited', {}, 'mine')).status).toBe(423);
    expect((await ada('PUT', '/ada/edited', {}, 'mine')).status).toBe(423);
    expect((await ada('LOCK', '/ada/edited', { If: `(<${token}>)` })).status).toBe(200);
    expect((await ada('PUT', '/ada/edited', { If: `(<${token}>)` }, 'whole')).status).toBe(204);
    expect((await unlock(bob, '/ada/edited', token)).status).toBe(403);
    expect((await unlock(ada, '/ada/edited', token)).status).toBe(204);
    expect(await stored('/edited')).toBe('whole');
    expect(await textOf(bob, '/ada/edited', '<x:author/>')).toBe('Ada');
    expect((await bob('GET', '/ada/._edited')).text).toBe('tags');
    expect(await locksOn(ada, '/ada/._edited')).toMatchObject([{ token: shared, scope: 'DAV: shared' }]);
    expect((await bob('PUT', '/ada/edited', {}, 'next')).status).toBe(204);
  });
});

describe('the requests of the optional suites of litmus 0.18', () => {
  it('largefile: a long file goes up and comes down as a stream, the same bytes', async () => {
    const size = 64 * MIB;
    const sent = createHash('sha256');
    const bytes = function* () {
      for (const chunk of sampleBytes(size, 'largefile')) {
        sent.update(chunk);
        yield chunk;
      }
    };
    const { put, status } = await openPutOfBob('/grace/large', { 'Content-Length': String(size) });
    await pipeline(Readable.from(bytes()), put);
    expect(await status).toBe(201);
    expect(await textOf(bob, '/grace/large', '<D:getcontentlength/>')).toBe(String(size));
    const { body, headers } = await fetch(`${server.url}/grace/large`, {
      headers: basic(server.user, server.password),
    });
    const got = createHash('sha256');
    for await (const chunk of body!) {
      got.update(chunk);
    }
    expect([headers.get('content-length'), got.digest('hex')]).toEqual([String(size), sent.digest('hex')]);
    expect(server.emulator.openUploadSessions()).toBe(0);
  });

  it('lockbomb: many clients lock and unlock their own files at once, and others are served meanwhile', async () => {
    const [clients, cycles] = [20, 50];
    for (let index = 0; index < clients; index += 1) {
      await server.mailboxes.ada.put(`/bomb/${index}`, 'x');
    }
    const client = async (index: number) => {
      const dav = index % 2 ? ada : bob;
      for (let cycle = 0; cycle < cycles; cycle += 1) {
        const token = await takeLock(dav, `/ada/bomb/${index}`);
        expect((await unlock(dav, `/ada/bomb/${index}`, token)).status).toBe(204);
      }
    };
    const bystander = async () => {
      for (let index = 0; index < clients; index += 1) {
        expect((await bob('GET', `/ada/bomb/${index}`)).text).toBe('x');
      }
    };
    await Promise.all([...Array.from({ length: clients }, (_, index) => client(index)), bystander()]);
    expect(activeLocks((await propfind(bob, '/ada/bomb', '<D:lockdiscovery/>', '1')).text)).toEqual([]);
  });

  it('lockbomb: many locks on one tree are all seen, all held and all released', async () => {
    const files = Array.from({ length: 50 }, (_, index) => `/ada/tree/${index}`);
    for (const file of files) {
      await server.mailboxes.ada.put(file.slice('/ada'.length), 'x');
    }
    const held = await Promise.all(
      files.flatMap(file =>
        [ada, bob, ada, bob].map(async dav => ({ dav, file, token: await takeLock(dav, file, {}, 'shared') })),
      ),
    );
    const tokensIn = async (path: string, depth: string) =>
      activeLocks((await propfind(bob, path, '<D:lockdiscovery/>', depth)).text).map(({ token }) => token);
    expect((await tokensIn('/ada/tree', '1')).sort()).toEqual(held.map(({ token }) => token).sort());
    expect((await ada('LOCK', '/ada/tree', {}, lockInfo())).status).toBeGreaterThanOrEqual(207);
    const whole = await takeLock(ada, '/ada/tree', {}, 'shared');
    expect((await tokensIn('/ada/tree', '1')).filter(token => token === whole)).toHaveLength(files.length + 1);
    expect((await bob('DELETE', '/ada/tree')).status).toBeGreaterThanOrEqual(207);
    await Promise.all(
      held.map(async ({ dav, file, token }) => expect((await unlock(dav, file, token)).status).toBe(204)),
    );
    expect((await unlock(ada, files[7]!, whole)).status).toBe(204);
    expect(await tokensIn('/ada/tree', '1')).toEqual([]);
    expect((await bob('DELETE', '/ada/tree')).status).toBe(204);
  });

  it('protected: a read-only folder refuses every change with 403, and keeps everything', async () => {
    for (const file of ['/Protected/file', '/Protected/sub/deep', '/outside']) {
      await server.mailboxes.ada.put(file, 'kept');
    }
    const tree = () =>
      Object.fromEntries(
        Object.entries(server.mailboxes.ada.tree()).filter(([path]) => /^\/(Protected|outside)/.test(path)),
      );
    const before = tree();
    const to = (destination: string) => ({ Destination: destination });
    const requests: [string, string, Record<string, string>?, string?][] = [
      ['PUT', '/part/file', {}, 'x'],
      ['PUT', '/part/new', {}, 'x'],
      ['PUT', '/part/sub/new', {}, 'x'],
      ['PUT', '/part/._file', {}, 'x'],
      ['MKCOL', '/part/new'],
      ['DELETE', '/part/file'],
      ['DELETE', '/part/sub'],
      ['DELETE', '/part/'],
      ['MOVE', '/part/file', to('/part/renamed')],
      ['MOVE', '/part/file', to('/ada/taken')],
      ['MOVE', '/part/sub', to('/ada/taken')],
      ['MOVE', '/ada/outside', to('/part/new')],
      ['MOVE', '/ada/outside', to('/part/file')],
      ['MOVE', '/ada/outside', to('/part/')],
      ['COPY', '/ada/outside', to('/part/new')],
      ['COPY', '/ada/outside', to('/part/file')],
      ['COPY', '/ada/outside', to('/part/sub')],
      ['LOCK', '/part/file', {}, lockInfo()],
      ['LOCK', '/part/new', {}, lockInfo()],
      ['LOCK', '/part/', {}, lockInfo()],
    ];
    for (const [method, path, headers, body] of requests) {
      expect([method, path, (await ada(method, path, headers, body)).status]).toEqual([method, path, 403]);
    }
    for (const path of ['/part/file', '/part/sub', '/part/']) {
      expect((await proppatch(ada, path, set('<x:a>1</x:a>'))).status).toBe(403);
      expect(await textOf(ada, path, '<x:a/>')).toBeUndefined();
      expect(await locksOn(ada, path)).toEqual([]);
    }
    expect(tree()).toEqual(before);
    expect((await ada('GET', '/part/sub/deep')).text).toBe('kept');
    expect((await ada('COPY', '/part/file', to('/ada/copied-out'))).status).toBe(201);
  });
});
