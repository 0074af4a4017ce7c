import { expect, it, onTestFinished } from 'vitest';
import { throttleGraph } from '../../src/emulator/faults.ts';
import { type Cluster, type ClusterOptions, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { type WaitingClock, waitingClock } from '../support/waiting-clock.ts';

describeWith(POSTGRES, 'several servers together', () => {
  async function start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = await startCluster(options);
    onTestFinished(async () => {
      expect(cluster.emulator.violations).toEqual([]);
      await cluster.stop();
    });
    return cluster;
  }

  it('wrong passwords are counted together', async () => {
    const cluster = await start({ others: ['bob'] });
    const { servers, others } = cluster;
    const guess = async (turn: number) => {
      const server = servers[turn % servers.length]!;
      return (await server.dav({ ...others[0]!, password: `wrong ${turn}` })('GET', '/ada/')).status;
    };
    // Ten may be wrong in a row, wherever they are sent.
    const answers: number[] = [];
    for (let turn = 0; turn < 12; turn += 1) {
      answers.push(await guess(turn));
    }
    expect(answers.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401));
    expect(answers.slice(10)).toEqual([429, 429]);
    // From another address or with another name nothing of it is seen.
    for (const server of servers) {
      expect((await server.dav()('PROPFIND', '/ada/', { Depth: '0' })).status).toBe(207);
    }
  });

  it('a wait that Microsoft has told one server is kept by all', async () => {
    const cluster = await start();
    const [a, b, c] = cluster.servers;
    for (const server of cluster.servers) {
      expect((await server.dav()('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
    }
    cluster.emulator.setFault(throttleGraph('100'));
    expect((await a!.dav()('PUT', '/ada/one.txt', {}, 'x')).status).toBe(503);
    const before = cluster.emulator.calls.length;
    for (const server of [b!, c!, a!]) {
      const answer = await server.dav()('PUT', '/ada/two.txt', {}, 'x');
      expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, expect.stringMatching(/^(100|\d\d)$/)]);
    }
    // Nobody has asked Microsoft.
    expect(cluster.emulator.calls.length).toBe(before);
  });

  it('one delta poll for a drive and interval in the whole cluster', async () => {
    const POLL_MS = 60_000;
    const clocks = new Map<string, WaitingClock>();
    const clockOf = (name: string) => {
      const clock = waitingClock();
      clocks.set(name, clock);
      return clock;
    };
    const cluster = await start({ clock: clockOf, yaml: ['cache: { ttlSeconds: 5, pollSeconds: 60 }'] });
    const polls = () => cluster.emulator.calls.filter(({ operation }) => operation === 'driveItem-delta').length;
    const look = async () => {
      for (const server of cluster.servers) {
        expect((await server.dav()('PROPFIND', '/ada/', { Depth: '1' })).status).toBe(207);
      }
    };
    // Until all follow the feed: only then nothing is asked for again after `ttlSeconds`.
    await eventually(async () => {
      const others = () => cluster.emulator.calls.length - polls();
      await look();
      const before = others();
      for (const clock of clocks.values()) {
        await clock.pass(6_000);
      }
      await look();
      expect(others()).toBe(before);
    });
    for (let interval = 1; interval <= 10; interval += 1) {
      const before = polls();
      await cluster.mailboxes.ada.put(`/elsewhere-${interval}.txt`, 'x');
      await cluster.state.ageFeeds(POLL_MS);
      for (const clock of clocks.values()) {
        await clock.pass(POLL_MS);
      }
      // Each has seen what was made elsewhere, and one has asked for it.
      for (const server of cluster.servers) {
        await eventually(async () => {
          const { text } = await server.dav()('PROPFIND', '/ada/', { Depth: '1' });
          expect(text).toContain(`elsewhere-${interval}.txt`);
        });
      }
      expect(polls() - before).toBe(1);
    }
  });
});
