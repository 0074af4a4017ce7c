import { describe, expect, it } from 'vitest';
import { ROOT, toDrivePath } from '../../src/drive/path.ts';
import { createEmulator } from '../../src/emulator/emulator.ts';
import { DriveWrites } from '../../src/onedrive/drive-writes.ts';
import { describeFeedStore } from '../contracts/feed-store.ts';
import { eventually } from '../support/eventually.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { FeedsInMemory } from '../support/feeds-in-memory.ts';
import { type OneDriveUnderTest, openOneDrive } from '../support/one-drive.ts';
import { PeersInMemory } from '../support/peers-in-memory.ts';

const POLL_MS = 30_000;
const SERVERS = ['a', 'b', 'c'];
const live = () => ({ signal: new AbortController().signal });

describe('the model of the feeds of servers with one state', () => {
  describeFeedStore(async use => {
    const feeds = new FeedsInMemory({ now: () => Date.now() });
    await use(feeds.of('a'), feeds.of('b'), async () => feeds.end('a'));
  });
});

/** One drive, served by three servers on one state. */
async function openServers() {
  await using stack = new AsyncDisposableStack();
  const clock = fakeClock(Date.now());
  const emulator = stack.adopt(await createEmulator({ clock }), each => each.close());
  const mailbox = emulator.addMailbox({ upn: 'ada@contoso.com' });
  await mailbox.put('/a/b.txt', 'b');
  const feeds = new FeedsInMemory(clock);
  const all = new PeersInMemory();
  const servers: (OneDriveUnderTest & { readonly peers: ReturnType<PeersInMemory['join']> })[] = [];
  for (const name of SERVERS) {
    const peers = all.join(name);
    const options = { mailbox: mailbox.upn, clock, ttlMs: 5_000, pollMs: POLL_MS };
    const shared = { store: feeds.of(name), peers };
    const drive = stack.adopt(
      await openOneDrive(emulator, { ...options, shared, writes: new DriveWrites(peers) }),
      each => each.close(),
    );
    servers.push({ ...drive, peers });
  }
  const lookAll = async () => {
    for (const { drive } of servers) {
      await drive.list(ROOT, live());
      await drive.list(toDrivePath(['a']), live());
    }
  };
  const callsOf = (isPoll: boolean) =>
    emulator.calls.filter(
      ({ operation, status }) =>
        operation !== 'token' && status !== 401 && (operation === 'driveItem-delta') === isPoll,
    ).length;
  await lookAll();
  await eventually(() => expect(servers.every(({ feeds: own }) => own.looks()[0]?.at !== undefined)).toBe(true));
  // What was seen before the feed began is not covered by it.
  clock.advance(6_000);
  await lookAll();
  emulator.resetCalls();
  const end = stack.move();
  return {
    ...{ servers, emulator, mailbox, clock, lookAll },
    polls: () => callsOf(true),
    calls: () => callsOf(false),
    [Symbol.asyncDispose]: () => end.disposeAsync(),
  };
}

describe('servers with one state', () => {
  it('look at the feed of a drive once in an interval, for all of them together', async () => {
    await using cluster = await openServers();
    for (let round = 1; round <= 5; round += 1) {
      cluster.clock.advance(POLL_MS);
      await cluster.lookAll();
      expect([cluster.polls(), cluster.calls()]).toEqual([round, 0]);
    }
  });

  it('all show what somebody else has changed, from one look', async () => {
    await using cluster = await openServers();
    await cluster.mailbox.put('/a/new.txt', 'new');
    cluster.mailbox.remove('/a/b.txt');
    cluster.clock.advance(POLL_MS);
    for (const { drive } of cluster.servers) {
      const names = (await drive.list(toDrivePath(['a']), live())).map(({ name }) => name);
      expect(names).toEqual(['new.txt']);
    }
    // Each asks for the folder that has changed, and for nothing else.
    expect([cluster.polls(), cluster.calls()]).toEqual([1, SERVERS.length]);
  });

  it('show at once what one of them has written, without a look at the feed', async () => {
    await using cluster = await openServers();
    const [a, b, c] = cluster.servers.map(({ drive }) => drive);
    const folder = toDrivePath(['a']);
    await a!.makeFolder(toDrivePath(['a', 'made']), live());
    await b!.remove(toDrivePath(['a', 'b.txt']), live());
    for (const drive of [a!, b!, c!]) {
      expect((await drive.list(folder, live())).map(({ name }) => name)).toEqual(['made']);
    }
    expect(cluster.polls()).toBe(0);
  });

  it('believe nothing while they may have missed something, and forget everything after it', async () => {
    await using cluster = await openServers();
    const [a, b] = cluster.servers;
    const folder = toDrivePath(['a']);
    b!.peers.drop();
    await a!.drive.remove(toDrivePath(['a', 'b.txt']), live());
    expect(await b!.drive.list(folder, live())).toEqual([]);
    b!.peers.rejoin();
    expect(await b!.drive.list(folder, live())).toEqual([]);
  });

  it('begin anew together when Microsoft has forgotten the link', async () => {
    await using cluster = await openServers();
    let isForgotten = true;
    cluster.emulator.setFault(operation => {
      const fails = isForgotten && operation === 'driveItem-delta';
      isForgotten &&= !fails;
      return fails ? { status: 410, code: 'resyncRequired' } : undefined;
    });
    await cluster.mailbox.put('/a/new.txt', 'new');
    cluster.clock.advance(POLL_MS);
    for (const { drive } of cluster.servers) {
      expect((await drive.list(toDrivePath(['a']), live())).map(({ name }) => name)).toEqual(['b.txt', 'new.txt']);
    }
    // The refused look and the new beginning.
    expect(cluster.polls()).toBe(2);
  });
});
