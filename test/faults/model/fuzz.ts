import { parseArgs } from 'node:util';
import { checkSequences, openBench, renderFailure } from './check.ts';

const MINUTE_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    path: { type: 'string' },
  },
});

const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
console.log(`model test: seed ${seed}, ${values.minutes} minutes`);
const bench = await openBench();
try {
  const { sequences, failure } = await checkSequences(bench, {
    ...{ seed, sequences: Number.MAX_SAFE_INTEGER, milliseconds: Number(values.minutes) * MINUTE_MS },
    ...(values.path === undefined ? {} : { path: values.path }),
  });
  console.log(`${sequences} sequences`);
  if (failure !== undefined) {
    console.log(renderFailure(failure));
    process.exitCode = 1;
  }
} finally {
  await bench.stop();
}
