import { startProcessCluster } from './cluster-processes.ts';
import type { RestartMode } from './restarts.ts';

/** A load balancer has the time to see that a server leaves; and nothing is cut, however slow the machine is. */
const LIMITS = 'limits: { shutdownDelaySeconds: 2, drainSeconds: 60 }';

/** Three servers of one database, behind a proxy that asks for readiness, are restarted one after another. */
export async function openRolling(): Promise<RestartMode> {
  const cluster = await startProcessCluster({ asksReadiness: true, yaml: [LIMITS] });
  return {
    emulator: cluster.emulator,
    url: cluster.proxy.url,
    restart: async () => {
      for (const server of cluster.servers) {
        const code = await server.stop();
        if (code !== 0) {
          throw new Error(`server ${server.name} ended with ${code}`);
        }
        await server.start();
      }
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose](),
  };
}
