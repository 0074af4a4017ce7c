import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProcessCluster } from '../support/cluster-processes.ts';
import { describeWith } from '../support/foreign-client.ts';
import { POSTGRES } from '../support/postgres.ts';
import { playRun, startModelCluster } from './model/run.ts';

describeWith(POSTGRES, 'three servers that are killed, stopped and cut off, against a model', () => {
  let cluster: ProcessCluster;

  beforeAll(async () => {
    cluster = await startModelCluster();
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });

  // `npm run cluster:model` plays hundreds.
  it.each([4])('one order explains all answers, and all is where it was written (seed %i)', async seed => {
    const options = { seed, sequences: 6, operations: 20, longShare: 0.2 };
    const { failures, counts, faults } = await playRun(cluster, options);
    expect(failures).toEqual([]);
    // It has not only been refused.
    expect(counts.done).toBeGreaterThan(counts.sent / 4);
    expect(Object.keys(faults).length).toBeGreaterThan(0);
  });
});
