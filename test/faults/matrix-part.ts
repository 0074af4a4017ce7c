import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { startTestServer } from '../support/test-server.ts';
import { type Cell, type MatrixServer, nameOf } from './cell.ts';
import { partOf, planCells, runCells, sampleCells } from './matrix.ts';

const PARTS = 4;
/** Of the cells of small files; those of large ones are fewer, and come on top. */
const SAMPLE_IN_NPM_TEST = 2_050;
/** `FAULTS_OF`: only cells with this text in their name, such as `the view zip`. */
const { FAULTS = String(SAMPLE_IN_NPM_TEST), FAULTS_OF = '' } = process.env;
/** How many cells; `npm run faults` runs all of them. */
const SAMPLE = FAULTS === 'all' ? Number.POSITIVE_INFINITY : Number(FAULTS);
const MINUTE_MS = 60_000;

/** The cells, which are the same for each part: a worker that runs several parts plans once. */
let planned: Promise<Cell[]> | undefined;

/** Registers one part of the matrix as a test; the parts are files, so that they run side by side. */
export function describeMatrixPart(part: number): void {
  let server: MatrixServer;

  beforeAll(async () => {
    // One clock on both sides: a wait is over at once, and nobody comes too early.
    const clock = fakeClock(Date.now());
    // The test need not wait for a trickling answer either.
    const timers = { now: () => clock.now(), sleep: async () => {} };
    const started = await startTestServer({
      ...{ clock, emulator: { clock, timers, strict: { retryAfter: false } } },
      mounts: ['{ mailbox: ada@contoso.com, name: direct, download: redirect }'],
    });
    server = Object.assign(started, { clock, microsoft: await microsoftClient(started.emulator) });
  });

  afterAll(async () => {
    await server?.microsoft.close();
    await server?.stop();
  });

  it(
    `the fault matrix, part ${part + 1} of ${PARTS}`,
    async () => {
      planned ??= planCells(server);
      const all = (await planned).filter(cell => nameOf(cell).includes(FAULTS_OF));
      const cells = partOf(sampleCells(all, SAMPLE), part, PARTS);
      const wrong = await runCells(server, cells);
      console.log(`fault matrix, part ${part + 1}: ${cells.length} of ${all.length} cells`);
      expect(wrong).toEqual([]);
    },
    240 * MINUTE_MS,
  );
}
