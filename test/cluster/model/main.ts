/**
 * `npm run cluster:model [-- --sequences 300 --seed N]`: random operations of several clients at random servers of a
 * cluster, which are killed, stopped for a while and cut off from their database meanwhile. Each answer must be
 * explained by one order of all operations (`history.ts`). Prints the seed of each run; the exit code is 1 when an
 * answer cannot be explained, and the story of its sequence is printed.
 */
import { parseArgs } from 'node:util';
import { playRun, startModelCluster } from './run.ts';

const SIDE_BY_SIDE = 10;
const OPERATIONS = 30;
const LONG_SHARE = 0.3;

const { values } = parseArgs({
  options: { sequences: { type: 'string', default: '300' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 20) : Number(values.seed);
const runs = Math.ceil(Number(values.sequences) / SIDE_BY_SIDE);

await using cluster = await startModelCluster();
for (let run = 0; run < runs; run += 1) {
  const options = { seed: seed + run, sequences: SIDE_BY_SIDE, operations: OPERATIONS, longShare: LONG_SHARE };
  const { failures, counts, faults } = await playRun(cluster, options);
  console.log(`seed ${seed + run}: ${show(counts)}; faults: ${show(faults)}`);
  if (failures.length > 0) {
    console.log(failures.join('\n\n'));
    process.exitCode = 1;
    break;
  }
}

function show(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([what, count]) => `${count} ${what}`)
    .join(', ');
}
