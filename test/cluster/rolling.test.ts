import { expect, it } from 'vitest';
import { startProcessCluster } from '../support/cluster-processes.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { startLoad } from '../support/restarts.ts';

/** Rounds of the load between two restarts; in each of them a client writes, reads and lists. */
const ROUNDS = 12;

describeWith(POSTGRES, 'three servers that are restarted one after another', () => {
  it('refuse nothing, fail nothing and lose nothing', async () => {
    await using cluster = await startProcessCluster({
      asksReadiness: true,
      // A load balancer sees that a server leaves before it refuses; and nothing is cut, however slow the machine is.
      yaml: ['limits: { shutdownDelaySeconds: 2, drainSeconds: 60 }'],
    });
    const load = startLoad(cluster.proxy.url, { keepsAlive: true });
    for (const server of cluster.servers) {
      await load.rounds(ROUNDS);
      expect(await server.stop()).toBe(0);
      await load.rounds(ROUNDS);
      await server.start();
    }
    await load.rounds(ROUNDS);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(load.counts).toMatchObject({ refused: 0, torn: 0, failed: 0, lost: 0 });
    expect(load.counts.requests).toBeGreaterThan(7 * ROUNDS);
    expect(cluster.emulator.openUploadSessions()).toBe(0);
    expect(cluster.emulator.violations).toEqual([]);
  });
});
