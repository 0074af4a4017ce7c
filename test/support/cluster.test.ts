import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from './cluster.ts';
import { type ProcessCluster, startProcessCluster } from './cluster-processes.ts';
import { eventually } from './eventually.ts';
import { describeWith } from './foreign-client.ts';
import { takeLock } from './locks.ts';
import { POSTGRES } from './postgres.ts';

describeWith(POSTGRES, 'a cluster in this process', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ servers: 1, others: ['other'] });
  });
  afterAll(async () => {
    await cluster?.stop();
  });

  it('serves through its proxy and directly, for each user', async () => {
    const [a] = cluster.servers;
    expect(await cluster.dav()('PUT', '/ada/x.txt', {}, 'x')).toMatchObject({ status: 201 });
    expect(await a!.dav(cluster.others[0])('GET', '/ada/x.txt')).toMatchObject({ status: 200, text: 'x' });
    expect(cluster.logged).toEqual(a!.logged);
  });

  it('ends and starts a server, which keeps its state', async () => {
    const [a] = cluster.servers;
    const dav = cluster.dav();
    await takeLock(dav, '/ada/locked.txt');
    await a!.stop();
    expect(await dav('GET', '/ada/x.txt')).toMatchObject({ status: 502 });
    await a!.start();
    expect(await dav('PUT', '/ada/locked.txt', {}, 'y')).toMatchObject({ status: 423 });
  });
});

describeWith(POSTGRES, 'a cluster of processes', () => {
  let cluster: ProcessCluster;

  beforeAll(async () => {
    cluster = await startProcessCluster({ servers: 1 });
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  it('serves, stands still, goes on, is killed and comes back', async () => {
    const [a] = cluster.servers;
    const dav = a!.dav();
    expect(await dav('PUT', '/ada/x.txt', {}, 'x')).toMatchObject({ status: 201 });
    a!.pause();
    let isAnswered = false;
    const late = dav('GET', '/ada/x.txt').finally(() => {
      isAnswered = true;
    });
    // A stopped process accepts connections, by its kernel, and answers nothing.
    await eventually(async () => expect(await stateOf(a!.pid)).toBe('T'));
    expect(isAnswered).toBe(false);
    a!.resume();
    expect(await late).toMatchObject({ status: 200, text: 'x' });
    await a!.kill();
    await expect(dav('GET', '/ada/x.txt')).rejects.toThrow();
    await a!.start();
    expect(await dav('GET', '/ada/x.txt')).toMatchObject({ status: 200, text: 'x' });
    expect(a!.logged.filter(({ msg }) => msg === 'serving')).toHaveLength(2);
    expect(await a!.stop()).toBe(0);
  });
});

/** The state of a process, by proc(5): `T` is stopped. */
async function stateOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}
