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

  /** Those in which something changes, or a lock is in the way; `LONG_TESTS=1` plays all, also with large files. */
  const isTelling = ({ file }: Trace) => /-(edit|lock-conflict|move|rename|save-as|save-over)\./.test(file);
  const played = traces.filter(trace => process.env.LONG_TESTS === '1' || isTelling(trace));

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
