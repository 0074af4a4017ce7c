import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, run } from '../support/foreign-client.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';

/** Class 1 suites; `props` and `locks` ask for what OPTIONS does not yet promise. */
const SUITES: [suite: string, tests: number][] = [
  ['basic', 16],
  ['copymove', 13],
  ['http', 4],
];

describeWith('litmus', 'litmus over the OneDrive drive', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(async () => {
    await server?.stop();
  });

  it.each(SUITES)('%s: all pass, no warning but that there are no locks', async (suite, tests) => {
    const result = await run('litmus', [`${server.url}/ada/`, server.user, server.password], {
      env: { TESTS: suite },
      cwd: server.folder,
    });
    const printed = result.stdout + result.stderr;
    expect(printed).toContain(`summary for \`${suite}': of ${tests} tests run: ${tests} passed, 0 failed. 100.0%`);
    // Locks come with class 2; until then OPTIONS does not promise it, and litmus says so.
    expect(printed.replace('WARNING: server does not claim Class 2 compliance', '')).not.toMatch(/WARNING/);
    expect(server.emulator.violations).toEqual([]);
  });
});
