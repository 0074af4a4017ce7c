import { fileURLToPath } from 'node:url';
import { afterEach, it } from 'vitest';
import { playTrace, TRACE_OPTIONS, TRACE_TIMEOUT_MS } from '../clients/play-trace.ts';
import { readTraces } from '../clients/trace-file.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';

const traces = await readTraces(fileURLToPath(new URL('../clients/traces', import.meta.url)));

let cluster: Cluster | undefined;

afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

// Calls of Graph are not counted: each server has a cache of its own, and learns for itself.
it.each(traces.map(trace => [trace.file.replace('.yaml', ''), trace] as const))(
  '%s, each request at another server',
  async (_, trace) => {
    cluster = await startCluster(TRACE_OPTIONS);
    await playTrace(trace, cluster);
  },
  TRACE_TIMEOUT_MS,
);
