/**
 * `npm run emulator:mutants [-- --only NAME …] [-- --list] [-- --jobs N]`: breaks one rule of the emulated Microsoft
 * after the other and runs the tests that must see it. No file of the tree is changed. Ends with 1 when a rule can be
 * broken without a test failing, when a test fails without a mutant, or when a text is not there exactly once.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { occurrences } from './applies.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';
import { runMutant, runSound } from './run-tests.ts';

type Verdict = 'killed' | 'survived' | 'text not there once' | 'no test ran';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    list: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
  },
});

/** A mutant counts as killed only by a test that failed: one that cannot be loaded proves nothing. */
async function judge(mutant: Mutant): Promise<Verdict> {
  if (occurrences(mutant) !== 1) {
    return 'text not there once';
  }
  const { passed, failed } = await runMutant(mutant);
  if (failed.length > 0) {
    return 'killed';
  }
  return passed > 0 ? 'survived' : 'no test ran';
}

/** Whether the same tests pass as long as nothing is broken. */
async function isSound(mutants: readonly Mutant[]): Promise<boolean> {
  const { passed, failed } = await runSound(mutants);
  console.log(`without a mutant: ${passed} passed, ${failed.length} failed\n`);
  console.log(failed.map(title => `failed: ${title}\n`).join(''));
  return passed > 0 && failed.length === 0;
}

async function judgeAll(mutants: readonly Mutant[], jobs: number): Promise<Map<Verdict, string[]>> {
  const verdicts = new Map<Verdict, string[]>();
  const waiting = mutants.values();
  const work = async (): Promise<void> => {
    for (const mutant of waiting) {
      const verdict = await judge(mutant);
      verdicts.set(verdict, [...(verdicts.get(verdict) ?? []), mutant.name]);
      console.log(`${verdict.padEnd(20)} ${describe(mutant)}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return verdicts;
}

function describe({ name, rule }: Mutant): string {
  return `${name.padEnd(30)} ${rule}`;
}

function choose(names: readonly string[] | undefined): readonly Mutant[] {
  const unknown = names?.find(each => !MUTANTS.some(({ name }) => name === each));
  if (unknown !== undefined) {
    throw new Error(`There is no mutant ${unknown}; --list shows their names.`);
  }
  return MUTANTS.filter(({ name }) => names?.includes(name) ?? true);
}

/** Whether each of them was killed. */
async function breakRules(mutants: readonly Mutant[], jobs: number): Promise<boolean> {
  const started = Date.now();
  const sound = await isSound(mutants);
  const verdicts = await judgeAll(mutants, jobs);
  console.log(`\n${mutants.length} mutants in ${Math.round((Date.now() - started) / 1000)} s`);
  for (const [verdict, names] of verdicts) {
    const which = verdict === 'killed' ? '' : `: ${names.join(', ')}`;
    console.log(`${String(names.length).padStart(4)} ${verdict}${which}`);
  }
  return sound && verdicts.get('killed')?.length === mutants.length;
}

const chosen = choose(values.only);
if (values.list) {
  console.log(chosen.map(describe).join('\n'));
} else {
  process.exitCode = (await breakRules(chosen, Math.max(1, Number(values.jobs) || 1))) ? 0 : 1;
}
