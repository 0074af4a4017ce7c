import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, run } from '../support/foreign-client.ts';
import { LITMUS_SUITES } from '../support/litmus.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

describeWith('litmus', 'litmus over the OneDrive drive', () => {
  let server: TestServer;
  let passed = 0;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => {
    const all = LITMUS_SUITES.reduce((sum, [, tests]) => sum + tests, 0);
    console.log(`litmus: ${passed}/${all} in all suites`);
    await server?.stop();
  });

  it.each(LITMUS_SUITES)('%s: all pass, without a warning', async (suite, tests) => {
    const result = await run('litmus', [`${server.url}/ada/`, server.user, server.password], {
      env: { TESTS: suite },
      cwd: server.folder,
    });
    const printed = result.stdout + result.stderr;
    expect(printed).toContain(`summary for \`${suite}': of ${tests} tests run: ${tests} passed, 0 failed. 100.0%`);
    expect(printed).not.toMatch(/WARNING/);
    passed += tests;
    expect(server.emulator.violations).toEqual([]);
  });
});
