import { fileURLToPath } from 'node:url';
import { afterEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { playTrace, TRACE_OPTIONS, TRACE_TIMEOUT_MS } from './play-trace.ts';
import { readTraces } from './trace-file.ts';

const traces = await readTraces(fileURLToPath(new URL('traces', import.meta.url)));

let server: TestServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

it.each(traces.map(trace => [trace.file.replace('.yaml', ''), trace] as const))(
  '%s',
  async (_, trace) => {
    server = await startTestServer(TRACE_OPTIONS);
    const { count, said } = await playTrace(trace, server);
    const { graphCalls } = trace.then;
    if (graphCalls !== undefined) {
      console.log(said);
    }
    expect(count, said).toBeLessThanOrEqual(graphCalls?.max ?? Number.POSITIVE_INFINITY);
  },
  TRACE_TIMEOUT_MS,
);
