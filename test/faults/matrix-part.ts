import { afterAll, beforeAll, expect, it } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { startTestServer, type TestServer } from '../support/test-server.ts';
import { partOf, planCells, runCells, sampleCells } from './matrix.ts';

const PARTS = 4;
/** `npm run faults` takes all cells. */
const SAMPLE = process.env.FAULTS === 'all' ? Number.POSITIVE_INFINITY : 2_400;
const MINUTE_MS = 60_000;

/** Registers one part of the matrix as a test; the parts are files, so that they run side by side. */
export function describeMatrixPart(part: number): void {
  let server: TestServer;

  beforeAll(async () => {
    // One clock on both sides: a wait is over at once, and nobody comes too early.
    const clock = fakeClock(Date.now());
    server = await startTestServer({ clock, emulator: { clock } });
  });

  afterAll(() => server?.stop());

  it(
    `the fault matrix, part ${part + 1} of ${PARTS}`,
    async () => {
      const all = await planCells(server);
      const cells = partOf(sampleCells(all, SAMPLE), part, PARTS);
      const wrong = await runCells(server, cells);
      console.log(`fault matrix, part ${part + 1}: ${cells.length} of ${all.length} cells`);
      expect(wrong).toEqual([]);
    },
    SAMPLE === Number.POSITIVE_INFINITY ? 240 * MINUTE_MS : 10 * MINUTE_MS,
  );
}
