import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, type ClusterServer, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { lockInfo } from '../support/locks.ts';
import { POSTGRES } from '../support/postgres.ts';
import { type RoundRobin, startRoundRobin } from '../support/round-robin.ts';

describeWith(POSTGRES, 'what reaches only one of several servers', () => {
  let cluster: Cluster;
  let reader: ClusterServer;
  let other: ClusterServer;
  let door: RoundRobin;

  beforeAll(async () => {
    // What Graph knows as the address of all servers leads to the one that does not read the feed.
    door = await startRoundRobin([() => other?.url]);
    // The next poll is in an hour.
    const yaml = [`publicUrls: ["${door.url}"]`, 'cache: { pollSeconds: 3600, webhooks: true }'];
    cluster = await startCluster({ servers: 2, yaml });
    [reader, other] = cluster.servers as [ClusterServer, ClusterServer];
    // Until the server follows the feed, and believes it.
    await eventually(async () => {
      await list();
      const before = listings();
      await list();
      const posts = count('subscription-post-subscriptions');
      expect([posts, count('driveItem-delta'), listings() - before]).toEqual([1, 1, 0]);
    });
  });
  afterAll(async () => {
    expect(cluster?.emulator.violations).toEqual([]);
    await cluster?.stop();
    await door?.[Symbol.asyncDispose]();
  });

  const list = async () => (await reader.dav()('PROPFIND', '/ada/', { Depth: '1' })).text;
  const count = (operation: string) => cluster.emulator.calls.filter(call => call.operation === operation).length;

  /** What a server asks for that does not know a folder. */
  const listings = () => cluster.emulator.calls.length - count('driveItem-delta');

  it("a notification of Graph's makes the server that reads the feed look at once", async () => {
    await cluster.mailboxes.ada.put('/new.txt', 'made elsewhere');
    await eventually(async () => expect(await list()).toContain('new.txt'));
  });

  it.each<[what: string, send: () => Promise<Response>, status: number]>([
    [
      'a forged notification',
      () => {
        const value = [{ subscriptionId: 'x'.repeat(10_000), clientState: 'x'.repeat(43) }];
        return fetch(`${other.url}/-/notifications`, { method: 'POST', body: JSON.stringify({ value }) });
      },
      202,
    ],
    [
      'a guess for a very long name',
      () => {
        const pair = Buffer.from(`${'x'.repeat(9_000)}:wrong`).toString('base64');
        return fetch(`${other.url}/ada/`, { headers: { Authorization: `Basic ${pair}` } });
      },
      401,
    ],
  ])('%s makes no other server forget what it knows', async (_, send, status) => {
    await list();
    expect((await send()).status).toBe(status);
    // What was told before this is heard before it.
    expect((await other.dav()('LOCK', `/grace/after-${status}.txt`, {}, lockInfo())).status).toBeLessThan(300);
    const before = listings();
    await list();
    expect(listings()).toBe(before);
  });
});
