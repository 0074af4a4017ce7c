/**
 * `npm run cluster:model [-- --sequences 300 --seed N]`: random operations of several clients at random servers of a
 * cluster, which are killed, stopped for a while and cut off from their database meanwhile. Each answer must be
 * explained by one order of all operations (`history.ts`). Prints the seed of each run; the exit code is 1 when an
 * answer cannot be explained, and the story of its sequence is printed. Sequences with so many open operations that nobody
 * can try all orders are abandoned, and do not count.
 */
import { parseArgs } from 'node:util';
import { playRun, startModelCluster } from './run.ts';

const SIDE_BY_SIDE = 20;
const OPERATIONS = 20;
const LONG_SHARE = 0.3;

const { values } = parseArgs({
  options: { sequences: { type: 'string', default: '300' }, seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 20) : Number(values.seed);
const wanted = Number(values.sequences);

await using cluster = await startModelCluster();
for (let run = 0, played = 0; played < wanted; run += 1) {
  const options = { seed: seed + run, sequences: SIDE_BY_SIDE, operations: OPERATIONS, longShare: LONG_SHARE };
  const { failures, counts, faults } = await playRun(cluster, options);
  played += SIDE_BY_SIDE - counts.abandoned;
  console.log(`${played} sequences; seed ${seed + run}: ${show(counts)}; faults: ${show(faults)}`);
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
