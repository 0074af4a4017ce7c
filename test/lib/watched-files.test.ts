import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fileState, WatchedFiles } from '../../src/lib/watched-files.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { waitingClock } from '../support/waiting-clock.ts';

it('a change is taken within a second: by the look that first sees it as the one before did', async () => {
  const folder = await makeTempDir();
  const path = join(folder.path, 'tls.crt');
  await writeFile(path, 'old');
  let read = new Map([[path, await fileState(path)]]);
  let taken = 0;
  const clock = waitingClock();
  const files = new WatchedFiles({
    read: () => read,
    onChange: async () => {
      taken += 1;
      read = new Map([[path, await fileState(path)]]);
    },
    clock,
  });
  onTestFinished(async () => {
    await files.stop();
    await folder[Symbol.asyncDispose]();
  });
  files.start();
  await clock.waiting(1);
  // The change comes right after a look: nothing is slower.
  await writeFile(`${path}.new`, 'new');
  await rename(`${path}.new`, path);
  await clock.pass(500);
  expect(taken).toBe(0);
  await clock.pass(250);
  expect(taken).toBe(1);
  // Who writes on is waited for.
  await writeFile(path, 'half');
  await clock.pass(500);
  await writeFile(path, 'half and whole');
  await clock.pass(250);
  expect(taken).toBe(1);
  await clock.pass(250);
  expect(taken).toBe(2);
  await clock.pass(5_000);
  expect(taken).toBe(2);
});
