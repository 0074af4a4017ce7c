import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkSequences, openBench, renderFailure } from './check.ts';
import type { Sequence } from './command.ts';
import { runSequence } from './run.ts';

const KEPT = join(import.meta.dirname, 'counter-examples');
const PARTS = 2;
/** Of all parts together. */
const SEQUENCES = 300;
/** Always the same ones; `npm run fuzz` takes others. */
const SEED = 20_261_128;
const MINUTE_MS = 60_000;

interface Kept {
  readonly why: string;
  readonly sequence: Sequence;
}

const kept = readdirSync(KEPT)
  .filter(file => file.endsWith('.json'))
  .toSorted()
  .map(file => JSON.parse(readFileSync(join(KEPT, file), 'utf8')) as Kept);

/** Registers one part of the sequences as tests; the parts are files, so that they run side by side. */
export function describeModelPart(index: number): void {
  describe(`random requests against a plain model, part ${index + 1} of ${PARTS}`, () => {
    let bench: Awaited<ReturnType<typeof openBench>>;
    beforeAll(async () => {
      bench = await openBench();
    });
    afterAll(() => bench?.stop());

    it.each(kept.filter((_, at) => at % PARTS === index))('kept counter-example: $why', async ({ sequence }) => {
      await runSequence(bench, sequence);
    });

    it(`this part of ${SEQUENCES} sequences`, { timeout: 20 * MINUTE_MS }, async () => {
      const part = { index, of: PARTS };
      const { sequences, failure } = await checkSequences(bench, { seed: SEED, sequences: SEQUENCES, part });
      expect(failure && renderFailure(failure)).toBeUndefined();
      expect(sequences).toBe(SEQUENCES / PARTS);
    });
  });
}
