import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { describeWith, run } from '../support/foreign-client.ts';
import { LITMUS_SUITES } from '../support/litmus.ts';
import { POSTGRES } from '../support/postgres.ts';

describeWith(['litmus', POSTGRES], 'litmus, each request at another server', () => {
  let cluster: Cluster;
  let passed = 0;

  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(async () => {
    const all = LITMUS_SUITES.reduce((sum, [, tests]) => sum + tests, 0);
    console.log(`litmus over a cluster: ${passed}/${all} in all suites`);
    await cluster?.stop();
  });

  it.each(LITMUS_SUITES)('%s: all pass, without a warning', async (suite, tests) => {
    const result = await run('litmus', [`${cluster.url}/ada/`, cluster.user, cluster.password], {
      env: { TESTS: suite },
      cwd: cluster.folder,
    });
    const printed = result.stdout + result.stderr;
    expect(printed).toContain(`summary for \`${suite}': of ${tests} tests run: ${tests} passed, 0 failed. 100.0%`);
    expect(printed).not.toMatch(/WARNING/);
    passed += tests;
    expect(cluster.emulator.violations).toEqual([]);
  });
});
