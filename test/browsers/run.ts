/**
 * `npm run test:browsers [-- NAME…]` : the tests of the app (those files whose path has one of the names) in Chromium and
 * Firefox ESR, on a desktop and on a phone, one way after another. Prints a line of counts for each; vitest's own output
 * stands above that of a way that has failed, and the exit code is 1 then. Needs Debian's browsers.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonTestResults } from 'vitest/node';
import { run } from '../support/foreign-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const WAYS = ['chromium', 'firefox-esr'].flatMap(browser => ['desktop', 'phone'].map(size => ({ browser, size })));
const names = process.argv.slice(2);

await using folder = await makeTempDir();
for (const { browser, size } of WAYS) {
  const report = join(folder.path, `${browser}-${size}.json`);
  const files = names.length === 0 ? ['test/browser-app'] : names.map(name => `test/browser-app/${name}`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const began = performance.now();
  const { code, stdout, stderr } = await run('npx', ['vitest', 'run', ...files, ...reporters], {
    // A size of no name is that of a desktop.
    env: { APP_BROWSER: browser, APP_SIZE: size },
  });
  const seconds = Math.round((performance.now() - began) / 1000);
  if (code !== 0) {
    process.exitCode = 1;
    console.log(stdout, stderr);
  }
  console.log(`${browser} on a ${size}: ${await countsIn(report)}, ${seconds} s`);
}

async function countsIn(report: string): Promise<string> {
  const text = await readFile(report, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return 'there is no report';
  }
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(text) as JsonTestResults;
  return `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`;
}
