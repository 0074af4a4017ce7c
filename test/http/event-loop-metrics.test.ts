import { afterEach, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/test-server.ts';

let server: TestServer | undefined;
afterEach(() => server?.stop());

it('metrics say how late the event loop is since the last scrape, under the names of prom-client', async () => {
  server = await startTestServer({ yaml: ['metrics: true'] });
  const scrape = async () => (await fetch(`${server!.url}/-/metrics`)).text();
  const longest = (text: string) => Number(/^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(text)?.[1]);
  // Each round is a stretch without a turn, of a known length; a timer that the stretch has delayed measures it.
  await expect
    .poll(async () => {
      const until = performance.now() + 200;
      while (performance.now() < until) {
        // Nothing else has its turn.
      }
      await new Promise(resolve => setTimeout(resolve, 20));
      return longest(await scrape());
    })
    .toBeGreaterThan(0.15);
  expect(await scrape()).toMatch(/^nodejs_eventloop_lag_p50_seconds \d[\s\S]*^nodejs_eventloop_lag_p99_seconds \d/m);
});
