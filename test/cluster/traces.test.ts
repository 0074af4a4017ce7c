import { fileURLToPath } from 'node:url';
import { afterEach, it } from 'vitest';
import { playTrace, TRACE_OPTIONS, TRACE_TIMEOUT_MS } from '../clients/play-trace.ts';
import { readTraces, type Trace } from '../clients/trace-file.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';

const traces = await readTraces(fileURLToPath(new URL('../clients/traces', import.meta.url)));

describeWith(POSTGRES, 'clients of several servers', () => {
  let cluster: Cluster | undefined;

  afterEach(async () => {
    await cluster?.stop();
    cluster = undefined;
  });

  /** Hundreds of megabytes, which are sent through the proxy as any other body. */
  const isLarge = ({ file }: Trace) => file.includes('large-copy');
  const played = traces.filter(trace => process.env.LONG_TESTS === '1' || !isLarge(trace));

  // Calls of Graph are not counted: each server has a cache of its own, and learns for itself.
  it.each(played.map(trace => [trace.file.replace('.yaml', ''), trace] as const))(
    '%s, each request at another server',
    async (_, trace) => {
      cluster = await startCluster(TRACE_OPTIONS);
      await playTrace(trace, cluster);
    },
    TRACE_TIMEOUT_MS,
  );
});
