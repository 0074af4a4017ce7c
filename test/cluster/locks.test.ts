import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type ClusterServer, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { lockInfo, locksOn, takeLock, tokenIn, unlock } from '../support/locks.ts';
import { openPut } from '../support/open-put.ts';
import { POSTGRES } from '../support/postgres.ts';

describeWith(POSTGRES, 'locks of several servers', () => {
  const MIB = 1024 ** 2;

  let cluster: Cluster;
  let a: ClusterServer;
  let b: ClusterServer;
  let c: ClusterServer;

  beforeAll(async () => {
    cluster = await startCluster({ others: ['bob'] });
    [a, b, c] = cluster.servers as [ClusterServer, ClusterServer, ClusterServer];
  });
  afterAll(async () => {
    await cluster?.stop();
    expect(cluster?.emulator.violations).toEqual([]);
  });

  const stored = async (path: string) => (await cluster.mailboxes.ada.read(path.slice('/ada'.length))).toString();
  const bobOn = (server: ClusterServer) => server.dav(cluster.others[0]);

  describe('a lock that one server has given', () => {
    it('is in the way of changes by all others, and can be used there with its token', async () => {
      const path = '/ada/locked.txt';
      const token = await takeLock(a.dav(), path);
      for (const server of [b, c]) {
        expect(await bobOn(server)('PUT', path, {}, 'of Bob')).toMatchObject({ status: 423 });
        expect(await bobOn(server)('DELETE', path)).toMatchObject({ status: 423 });
        expect(await bobOn(server)('LOCK', path, {}, lockInfo())).toMatchObject({ status: 423 });
        expect((await locksOn(bobOn(server), path)).map(lock => lock.token)).toEqual([token]);
        const held = { If: `(<${token}>)` };
        expect(await server.dav()('PUT', path, held, server.name)).toMatchObject({ status: 204 });
        expect(await bobOn(server)('PUT', path, held, 'of Bob')).toMatchObject({ status: 423 });
      }
      expect(await stored(path)).toBe(c.name);
    });

    it('is extended and ended by any other, for all at once', async () => {
      const path = '/ada/ended.txt';
      const token = await takeLock(a.dav(), path, { Timeout: 'Second-100' });
      const refreshed = await b.dav()('LOCK', path, { If: `(<${token}>)`, Timeout: 'Second-3000' });
      expect(refreshed).toMatchObject({ status: 200, text: expect.stringMatching(/Second-(3000|29\d\d)/) });
      expect((await locksOn(c.dav(), path))[0]?.timeout).toMatch(/Second-(3000|29\d\d)/);
      expect(await unlock(c.dav(), path, token)).toMatchObject({ status: 204 });
      for (const server of [a, b, c]) {
        expect(await locksOn(server.dav(), path)).toEqual([]);
        expect(await bobOn(server)('PUT', path, {}, server.name)).toMatchObject({ status: 204 });
      }
    });

    it('of a folder reaches what is in it', async () => {
      await a.dav()('MKCOL', '/ada/tree/');
      await a.dav()('PUT', '/ada/tree/inside.txt', {}, 'old');
      await takeLock(a.dav(), '/ada/tree/', { Depth: 'infinity' });
      expect(await bobOn(b)('PUT', '/ada/tree/inside.txt', {}, 'new')).toMatchObject({ status: 423 });
      expect(await bobOn(c)('PUT', '/ada/tree/new.txt', {}, 'new')).toMatchObject({ status: 423 });
      expect(await bobOn(b)('MOVE', '/ada/tree/', { Destination: '/ada/elsewhere/' })).toMatchObject({ status: 423 });
      expect(await bobOn(c)('PUT', '/ada/beside.txt', {}, 'new')).toMatchObject({ status: 201 });
    });

    it('is gone with its file, wherever that was deleted or moved', async () => {
      for (const [method, headers] of [
        ['DELETE', {}],
        ['MOVE', { Destination: '/ada/moved-on.txt' }],
      ] as const) {
        const path = `/ada/gone-${method}.txt`;
        await a.dav()('PUT', path, {}, 'old');
        const token = await takeLock(a.dav(), path);
        expect((await b.dav()(method, path, { ...headers, If: `(<${token}>)` })).status).toBeLessThan(300);
        expect(await bobOn(c)('PUT', path, {}, 'new')).toMatchObject({ status: 201 });
      }
    });
  });

  describe('two clients on two servers', () => {
    it('100 times both LOCK and PUT one file: exactly one wins, and its content stays', async () => {
      await a.dav()('MKCOL', '/ada/race');
      const servers = [a, b, c];
      for (let round = 0; round < 100; round += 1) {
        const path = `/ada/race/${round % 2 ? 'again' : round}`;
        const clients = [servers[round % 3]!.dav(), bobOn(servers[(round + 1) % 3]!)];
        const outcomes = await Promise.all(
          clients.map(async (dav, index) => {
            const answer = await dav('LOCK', path, { Depth: '0' }, lockInfo());
            const hasWon = answer.status < 300;
            const token = tokenIn(answer);
            const headers: Record<string, string> = hasWon ? { If: `(<${token}>)` } : {};
            const put = await dav('PUT', path, headers, `round ${round} of client ${index}`);
            return { dav, index, hasWon, token, statuses: [answer.status, put.status] };
          }),
        );
        const [winner, loser] = outcomes.toSorted((one, other) => Number(other.hasWon) - Number(one.hasWon));
        expect(winner!.statuses).toEqual([expect.any(Number), 204]);
        expect(loser!.statuses).toEqual([423, 423]);
        expect(await stored(path)).toBe(`round ${round} of client ${winner!.index}`);
        expect((await unlock(winner!.dav, path, winner!.token)).status).toBe(204);
      }
    });

    it.each(['PUT', 'DELETE', 'MOVE'])(
      'a LOCK on one is given after a %s on another, or instead of it',
      async method => {
        for (let round = 0; round < 10; round += 1) {
          const [path, source] = [`/ada/under-${method}-${round}`, `/ada/source-${method}-${round}`];
          await a.dav()('PUT', path, {}, 'old');
          await b.dav()('PUT', source, {}, 'new');
          const target = method === 'MOVE' ? source : path;
          const look = () => cluster.mailboxes.ada.stat(path.slice('/ada'.length));
          const lock = async () => ({ answer: await a.dav()('LOCK', path, {}, lockInfo()), seen: look() });
          const change = bobOn(b)(method, target, { Destination: path }, method === 'PUT' ? 'new' : undefined);
          const [changed, { answer, seen }] = await Promise.all([change, lock()]);
          expect([changed.status < 300 || changed.status === 423, answer.status < 300]).toEqual([true, true]);
          expect(look()).toEqual(seen);
        }
      },
    );

    it('a LOCK on one stops a long PUT without a token on another', async () => {
      const path = '/ada/long.bin';
      await a.dav()('PUT', path, {}, 'old');
      const bob = { ...cluster.others[0]!, url: a.url };
      const { put, status } = await openPut(bob, path, { 'Content-Length': String(12 * MIB) });
      put.write(Buffer.alloc(10 * MIB));
      await eventually(() => expect(cluster.emulator.openUploadSessions()).toBe(1));
      await takeLock(b.dav(), path);
      put.end(Buffer.alloc(2 * MIB));
      expect(await status).toBe(423);
      expect(await stored(path)).toBe('old');
      await eventually(() => expect(cluster.emulator.openUploadSessions()).toBe(0));
    });

    // The second look before a commit is one step within one server only.
    it('that both write if nobody else has since: one succeeds, the other learns of it', async () => {
      const path = '/ada/if-match.txt';
      for (let round = 0; round < 20; round += 1) {
        const { headers } = await a.dav()('PUT', path, {}, `old ${round}`);
        const etag = headers.get('etag')!;
        const answers = [b, c].map((server, index) =>
          server.dav()('PUT', path, { 'If-Match': etag }, `${round}.${index}`),
        );
        const statuses = (await Promise.all(answers)).map(({ status }) => status);
        expect(statuses.toSorted()).toEqual([204, 412]);
        expect(await stored(path)).toBe(`${round}.${statuses.indexOf(204)}`);
      }
    });
  });
});
