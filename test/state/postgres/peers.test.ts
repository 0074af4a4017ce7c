import { expect, it } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import type { PeerMessages } from '../../../src/state/peers.ts';
import { migrate } from '../../../src/state/postgres/migrations.ts';
import { PostgresPeers } from '../../../src/state/postgres/peers.ts';
import { eventually } from '../../support/eventually.ts';
import { describeWith } from '../../support/foreign-client.ts';
import { openDatabase, POSTGRES, startPostgres } from '../../support/postgres.ts';
import { STATE_KEY } from '../../support/postgres-servers.ts';
import { openTcpGate } from '../../support/tcp-gate.ts';

const MESSAGE = { driveId: 'd', path: ['a'] } as const;

/** Servers on one database, each behind a network of its own. */
async function openPeers() {
  await using stack = new AsyncDisposableStack();
  const database = stack.use(await openDatabase());
  await migrate({ url: database.url });
  const end = stack.move();
  const start = async (name: string, wall: () => number = Date.now) => {
    const url = new URL(database.url);
    const gate = end.use(await openTcpGate({ port: Number(url.port) }));
    const connection = { host: '127.0.0.1', port: gate.port, user: 'postgres', database: database.name };
    const logged: string[] = [];
    const log = createLog({ level: 'warn', destination: { write: line => void logged.push(line) } });
    const peers = new PostgresPeers({ connection, name, key: STATE_KEY, leaseMs: 2_000, wall, log });
    end.defer(() => peers.stop());
    await peers.start();
    const heard: PeerMessages['drive'][] = [];
    const gaps: string[] = [];
    peers.on('drive', message => heard.push(message));
    peers.onGap(() => gaps.push('gap'));
    await eventually(() => expect(peers.isCurrent()).toBe(true));
    return { peers, gate, heard, gaps, logged };
  };
  return { start, database, [Symbol.asyncDispose]: () => end.disposeAsync() };
}

describeWith(POSTGRES, 'servers of one database', () => {
  it('believe in none of their claims after the database was started anew: it may be one that lacks them', async () => {
    await using server = await startPostgres();
    await using database = await server.openDatabase();
    await migrate({ url: database.url });
    const log = createLog({ level: 'silent' });
    const connection = { host: '127.0.0.1', port: server.port, user: 'postgres', database: database.name };
    const peers = new PostgresPeers({ connection, name: 'a', key: STATE_KEY, leaseMs: 60_000, log });
    await peers.start();
    const { id, lost } = peers;
    await server.stop();
    expect([peers.id, lost.aborted]).toEqual([id, false]);
    await server.start();
    await eventually(() => expect([peers.id !== id, lost.aborted, peers.isCurrent()]).toEqual([true, true, true]));
    // Those who wait for the last id need not wait for the whole lease.
    const rows = await database.query('SELECT id FROM servers WHERE until > clock_timestamp() + $1::interval', [
      '15 s',
    ]);
    expect(rows).toEqual([{ id: peers.id }]);
    await peers.stop();
  });

  it('know how far their clocks are from that of the database, and say so', async () => {
    await using cluster = await openPeers();
    let aheadMs = 300_000;
    const a = await cluster.start('a', () => Date.now() + aheadMs);
    const b = await cluster.start('b');
    expect(b.peers.clockOffsetMs).toBe(0);
    expect(Math.abs(a.peers.clockOffsetMs + aheadMs)).toBeLessThan(2_000);
    expect(a.logged).toEqual([expect.stringContaining('300 s ahead of')]);
    // Somebody sets it.
    aheadMs = 0;
    await eventually(() => expect(a.peers.clockOffsetMs).toBe(0));
    expect([a.logged.length, b.logged.length]).toEqual([1, 0]);
  });

  it('have told all others when telling resolves', async () => {
    await using cluster = await openPeers();
    const [a, b, c] = [await cluster.start('a'), await cluster.start('b'), await cluster.start('c')];
    await a.peers.tell('drive', MESSAGE);
    expect([a.heard, b.heard, c.heard]).toEqual([[], [MESSAGE], [MESSAGE]]);
    await Promise.all(Array.from({ length: 100 }, () => b.peers.tell('drive', MESSAGE)));
    expect([a.heard.length, b.heard.length, c.heard.length]).toEqual([100, 1, 101]);
    expect(a.peers.list().map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });

  it('do not wait for one that has said goodbye, nor for one that is alone', async () => {
    await using cluster = await openPeers();
    const [a, b] = [await cluster.start('a'), await cluster.start('b')];
    await b.peers.stop();
    await a.peers.tell('drive', MESSAGE);
    expect(b.heard).toEqual([]);
    await eventually(() => expect(a.peers.list()).toEqual([{ name: 'a', isSelf: true }]));
    expect(a.gaps).toEqual([]);
  });

  it('forget everything after a new connection, and are told again', async () => {
    await using cluster = await openPeers();
    const [a, b] = [await cluster.start('a'), await cluster.start('b')];
    const { id } = b.peers;
    b.gate.close();
    const told = a.peers.tell('drive', MESSAGE);
    b.gate.open();
    await told;
    expect(b.gaps).toEqual(['gap']);
    await eventually(() => expect(b.peers.isCurrent()).toBe(true));
    expect(b.peers.id).toBe(id);
    await a.peers.tell('drive', MESSAGE);
    expect(b.heard).toContainEqual(MESSAGE);
  });

  it('tell what they had to tell when their own connection has come back', async () => {
    await using cluster = await openPeers();
    const [a, b] = [await cluster.start('a'), await cluster.start('b')];
    a.gate.close();
    const told = a.peers.tell('drive', MESSAGE);
    a.gate.open();
    await told;
    expect(b.heard).toEqual([MESSAGE]);
  });

  it('wait for one that hears nothing until it does not believe what it knew any more', async () => {
    await using cluster = await openPeers();
    const [a, b] = [await cluster.start('a'), await cluster.start('b')];
    const { id, lost } = b.peers;
    b.gate.hold();
    let isTold = false;
    const told = a.peers.tell('drive', MESSAGE).then(() => {
      isTold = true;
    });
    // At each moment one of the two holds.
    await eventually(() => {
      const [before, isCurrent] = [isTold, b.peers.isCurrent()];
      expect(before && isCurrent).toBe(false);
      expect(isTold).toBe(true);
    });
    await told;
    expect([b.peers.isCurrent(), b.peers.hasLease(), b.heard]).toEqual([false, false, []]);
    await eventually(() => expect(lost.aborted).toBe(true));
    expect(a.gaps).toEqual(['gap']);
    b.gate.open();
    await eventually(() => expect(b.peers.isCurrent()).toBe(true));
    expect(b.peers.id).not.toBe(id);
    expect(b.peers.lost.aborted).toBe(false);
    expect(b.gaps.length).toBeGreaterThan(0);
  });

  it('are forgotten together with what they wrote when they do not come back', async () => {
    await using cluster = await openPeers();
    const [a, b] = [await cluster.start('a'), await cluster.start('b')];
    a.gate.close();
    await a.peers.tell('drive', MESSAGE);
    expect(a.peers.hasLease()).toBe(false);
    expect([b.gaps, b.heard]).toEqual([['gap'], []]);
  });

  it('forget everything at a message that they cannot read, and go on', async () => {
    await using cluster = await openPeers();
    const a = await cluster.start('a');
    const b = await cluster.start('b');
    const before = a.gaps.length;
    for (const text of ['no JSON', '{}', 'null']) {
      await cluster.database.query("SELECT pg_notify('onedrive_webdav', $1)", [text]);
    }
    await b.peers.tell('drive', MESSAGE);
    expect(a.heard).toEqual([MESSAGE]);
    expect(a.gaps.length).toBeGreaterThan(before);
    expect(a.logged).toContainEqual(expect.stringContaining('cannot read what came from the other servers'));
  });

  it('make the others forget everything when a message is too long', async () => {
    await using cluster = await openPeers();
    const [a, b] = [await cluster.start('a'), await cluster.start('b')];
    await a.peers.tell('drive', { driveId: 'd', path: Array.from({ length: 100 }, () => 'ä'.repeat(100)) });
    expect([b.gaps, b.heard]).toEqual([['gap'], []]);
  });
});
