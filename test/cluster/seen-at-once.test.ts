import { afterAll, beforeAll, expect, it } from 'vitest';
import { act } from '../support/browser-client.ts';
import { type Cluster, type ClusterServer, startCluster } from '../support/cluster.ts';
import { hrefsOf } from '../support/dav-client.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { proppatch, set, textOf } from '../support/properties.ts';
import { makeShare, visitor } from '../support/shares.ts';
import { SyncClient } from '../support/sync-client.ts';

describeWith(POSTGRES, 'what one server does', () => {
  /** Rounds of each test, in each of which another server writes. */
  const ROUNDS = 8;

  const depth = (value: string) => ({ Depth: value });
  let cluster: Cluster;

  beforeAll(async () => {
    // Nothing is asked again by itself: what a server believes, it believes until it is told.
    cluster = await startCluster({ yaml: ['cache: { ttlSeconds: 3600, pollSeconds: 3600 }', 'shares: {}'] });
    // Until the feed of the drive is followed, nothing is believed.
    for (const server of [...cluster.servers, ...cluster.servers, ...cluster.servers]) {
      expect((await server.dav()('PROPFIND', '/ada/', depth('1'))).status).toBe(207);
    }
  });
  afterAll(async () => {
    await cluster?.stop();
    expect(cluster?.emulator.violations).toEqual([]);
  });

  /** Runs the rounds: `write` on one server, then `look` on each of the others, which have looked before. */
  async function inTurns(
    write: (writer: ClusterServer, round: number) => Promise<unknown>,
    look: (reader: ClusterServer, round: number) => Promise<unknown>,
    { before = async () => {} }: { before?: (round: number) => Promise<unknown> } = {},
  ): Promise<void> {
    const { servers } = cluster;
    for (let round = 0; round < ROUNDS; round += 1) {
      await before(round);
      const writer = servers[round % servers.length]!;
      await write(writer, round);
      for (const reader of servers.filter(server => server !== writer || servers.every(each => each === writer))) {
        await look(reader, round);
      }
    }
  }

  const statusOf = async (server: ClusterServer, method: string, path: string, headers = {}) =>
    (await server.dav()(method, path, headers)).status;
  const namesIn = async (server: ClusterServer, path: string) =>
    hrefsOf((await server.dav()('PROPFIND', path, depth('1'))).text).map(href => href.slice(path.length));

  it('what one has put is what the others give: content, tag, length and listing', async () => {
    let tag: string | null = null;
    await inTurns(
      async (server, round) => {
        const { status, headers } = await server.dav()('PUT', '/ada/put.txt', {}, 'x'.repeat(round + 1));
        tag = headers.get('etag');
        expect(status).toBe(round === 0 ? 201 : 204);
      },
      async (server, round) => {
        const got = await server.dav()('GET', '/ada/put.txt');
        expect([got.text, got.headers.get('etag')]).toEqual(['x'.repeat(round + 1), tag]);
        const { text } = await server.dav()('PROPFIND', '/ada/', depth('1'));
        expect(text).toContain(`<D:getcontentlength>${round + 1}</D:getcontentlength>`);
        const seen = await server.dav()('GET', '/ada/put.txt', { 'If-None-Match': tag! });
        expect(seen.status).toBe(304);
      },
    );
  });

  it('a folder that one has made takes files at the others', async () => {
    await inTurns(
      async (server, round) => expect(await statusOf(server, 'MKCOL', `/ada/folder-${round}/`)).toBe(201),
      async (server, round) => {
        expect(await namesIn(server, '/ada/')).toContain(`folder-${round}/`);
        const path = `/ada/folder-${round}/${server.name}.txt`;
        expect((await server.dav()('PUT', path, {}, 'x')).status).toBeLessThan(300);
      },
      {
        // They know that it is not there.
        before: async round => {
          for (const server of cluster.servers) {
            expect(await statusOf(server, 'PROPFIND', `/ada/folder-${round}/`, depth('0'))).toBe(404);
          }
        },
      },
    );
  });

  it('what one has renamed is at its new name, with all that is in it', async () => {
    await cluster.dav()('MKCOL', '/ada/tree-0/');
    await cluster.dav()('MKCOL', '/ada/tree-0/below/');
    await cluster.dav()('PUT', '/ada/tree-0/below/file.txt', {}, 'x');
    await inTurns(
      async (server, round) => {
        const moved = await server.dav()('MOVE', `/ada/tree-${round}/`, { Destination: `/ada/tree-${round + 1}/` });
        expect(moved.status).toBe(201);
      },
      async (server, round) => {
        expect(await statusOf(server, 'GET', `/ada/tree-${round}/below/file.txt`)).toBe(404);
        expect(await statusOf(server, 'GET', `/ada/tree-${round + 1}/below/file.txt`)).toBe(200);
        const names = await namesIn(server, '/ada/');
        expect([names.includes(`tree-${round}/`), names.includes(`tree-${round + 1}/`)]).toEqual([false, true]);
      },
    );
  });

  it('what one has deleted is gone at the others', async () => {
    const path = (round: number) => `/ada/deleted-${round}.txt`;
    await inTurns(
      async (server, round) => expect(await statusOf(server, 'DELETE', path(round))).toBe(204),
      async (server, round) => {
        expect(await statusOf(server, 'GET', path(round))).toBe(404);
        expect(await namesIn(server, '/ada/')).not.toContain(`deleted-${round}.txt`);
      },
      {
        before: async round => {
          await cluster.servers[0]!.dav()('PUT', path(round), {}, 'x');
          for (const server of cluster.servers) {
            expect(await statusOf(server, 'GET', path(round))).toBe(200);
          }
        },
      },
    );
  });

  it('what one has copied is there for the others', async () => {
    await cluster.dav()('PUT', '/ada/source.txt', {}, 'source');
    await inTurns(
      async (server, round) =>
        expect(await statusOf(server, 'COPY', '/ada/source.txt', { Destination: `/ada/copy-${round}.txt` })).toBe(201),
      async (server, round) => {
        expect(await server.dav()('GET', `/ada/copy-${round}.txt`)).toMatchObject({ status: 200, text: 'source' });
        expect(await namesIn(server, '/ada/')).toContain(`copy-${round}.txt`);
      },
    );
  });

  it('a property that one has set is that of the others', async () => {
    await cluster.dav()('PUT', '/ada/properties.txt', {}, 'x');
    await inTurns(
      async (server, round) => {
        const answer = await proppatch(server.dav(), '/ada/properties.txt', set(`<x:a>${round}</x:a>`));
        expect(answer.status).toBe(207);
      },
      async (server, round) => expect(await textOf(server.dav(), '/ada/properties.txt', '<x:a/>')).toBe(String(round)),
    );
  });

  it('names that never go to OneDrive are shared as well', async () => {
    await inTurns(
      async (server, round) =>
        expect((await server.dav()('PUT', '/ada/._side', {}, `side ${round}`)).status).toBeLessThan(300),
      async (server, round) => expect((await server.dav()('GET', '/ada/._side')).text).toBe(`side ${round}`),
    );
  });

  it('a share that one has made opens at the others, and ends there', async () => {
    await cluster.dav()('PUT', '/ada/shared.txt', {}, 'shared');
    await inTurns(
      async (server, round) => {
        const made = await makeShare(server.dav(), '/ada/shared.txt', { kind: 'read' });
        for (const other of cluster.servers) {
          expect(await visitor(other)('GET', `${made.root}shared.txt`)).toMatchObject({ status: 200, text: 'shared' });
        }
        const ending = cluster.servers[(round + 1) % 3]!;
        const answer = await act(ending.dav(), '/ada/shared.txt?action=unshare', { input: { id: made.id } });
        expect(answer.status).toBeLessThan(300);
        ended = made.root;
      },
      async server => expect((await visitor(server)('GET', `${ended}shared.txt`)).status).toBe(410),
    );
  });
  let ended = '';

  it('a client that synchronises a folder may ask another server each time', async () => {
    await cluster.dav()('MKCOL', '/ada/synced/');
    // Its requests go through the proxy.
    const client = new SyncClient(cluster.dav(), '/ada/synced/', { level: '1' });
    await client.sync();
    await inTurns(
      async (server, round) => expect((await server.dav()('PUT', `/ada/synced/${round}`, {}, 'x')).status).toBe(201),
      async (_, round) => {
        await client.sync();
        expect([...client.tree.keys()].filter(href => !href.endsWith('/'))).toHaveLength(round + 1);
      },
    );
  });
});
