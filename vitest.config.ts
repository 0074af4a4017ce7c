import { availableParallelism, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';
import { memoryFolder } from './test/support/memory-folder.ts';
import { MissingPrograms } from './test/support/missing-programs.ts';

/** Where the programs that tests start keep what they have compiled; each of them loads a thousand modules. */
const NODE_COMPILE_CACHE = fileURLToPath(new URL('./node_modules/.cache/node-compile', import.meta.url));

/** Of everything that is temporary, unless the machine has its own. */
const TMPDIR = process.env.TMPDIR ?? memoryFolder();

/** A worker waits more than half of its time: for foreign programs, for other processes, for leases to end. */
const WORKERS_PER_CORE = 3;
/** A worker, with the programs that it starts, has less than a gigabyte. */
const MOST_IN_MEMORY = Math.floor(totalmem() / 1024 ** 3);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-browser-app.ts'],
    reporters: ['default', new MissingPrograms()],
    env: { NODE_COMPILE_CACHE, ...(TMPDIR === undefined ? {} : { TMPDIR }) },
    // They end what hangs; no test may fail because its machine is busy.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 45_000, interval: 5 } },
    // Most of a file's time would be the loading of modules that the last one had loaded as well. So nothing that a
    // module keeps may depend on the file that uses it, and what a test puts over a global ends with the test.
    isolate: false,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    sequence: { sequencer: LongestFirst },
    // There is work for each core: threads that collect its garbage beside it only take the other's.
    execArgv: ['--single-threaded-gc'],
    maxWorkers: Math.max(2, Math.min(WORKERS_PER_CORE * availableParallelism(), MOST_IN_MEMORY)),
  },
});
