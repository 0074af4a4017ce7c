/**
 * `npm run emulator:mutants [-- NAME …]`: breaks one rule of the emulated Microsoft after the other and runs the tests that must see it. Ends
 * with 1 when a rule can be broken without a test failing, when a test fails without a mutant, or when a text is not there exactly once.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const CONFIG = join(ROOT, 'test/mutants/vitest.config.ts');

type Verdict = 'killed' | 'survived' | 'text not there once' | 'no test ran';

interface Counts {
  readonly passed: number;
  readonly failed: number;
}

/** Runs tests, with a mutant or with none. */
async function runTests(tests: readonly string[], mutant?: Mutant): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'));
  const report = join(folder, 'report.json');
  const files = tests.map(file => `test/emulator/${file}`);
  const some = mutant === undefined ? [] : ['-t', escaped(mutant.only), '--bail=1'];
  const options = ['run', '--config', CONFIG, '--reporter=json', `--outputFile=${report}`, ...some];
  const child = spawn(process.execPath, [VITEST, ...options, ...files], {
    ...{ cwd: ROOT, stdio: 'ignore' },
    env: { ...process.env, MUTANT: mutant?.name ?? '' },
  });
  await new Promise(resolve => child.once('exit', resolve));
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(await readFile(report, 'utf8'));
    return { passed: numPassedTests, failed: numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A mutant counts as killed only by a test that failed: one that cannot be loaded proves nothing. */
async function judge(mutant: Mutant): Promise<Verdict> {
  const text = readFileSync(join(ROOT, 'src/emulator', mutant.file), 'utf8');
  if (text.split(mutant.find).length !== 2) {
    return 'text not there once';
  }
  const { passed, failed } = await runTests(mutant.tests, mutant);
  if (failed > 0) {
    return 'killed';
  }
  return passed > 0 ? 'survived' : 'no test ran';
}

/** Whether the same tests pass as long as nothing is broken. */
async function isSound(mutants: readonly Mutant[]): Promise<boolean> {
  const { passed, failed } = await runTests([...new Set(mutants.flatMap(({ tests }) => tests))]);
  console.log(`without a mutant: ${passed} passed, ${failed} failed\n`);
  return passed > 0 && failed === 0;
}

function escaped(title: string): string {
  return title.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const chosen = process.argv.slice(2);
const queue = MUTANTS.filter(({ name }) => chosen.length === 0 || chosen.includes(name));
// Those that are named are being worked on: they are run alone.
const sound = chosen.length > 0 || (await isSound(queue));
const verdicts = new Map<Verdict, string[]>();
const waiting = queue.values();
const work = async (): Promise<void> => {
  for (const mutant of waiting) {
    const verdict = await judge(mutant);
    verdicts.set(verdict, [...(verdicts.get(verdict) ?? []), mutant.name]);
    console.log(`${verdict.padEnd(20)} ${mutant.name.padEnd(28)} ${mutant.rule}`);
  }
};
await Promise.all(Array.from({ length: Math.max(1, Math.min(4, availableParallelism())) }, work));

console.log(`\n${queue.length} mutants`);
for (const [verdict, names] of verdicts) {
  console.log(`${String(names.length).padStart(4)} ${verdict}${verdict === 'killed' ? '' : `: ${names.join(', ')}`}`);
}
const isEachKilled = queue.length > 0 && verdicts.get('killed')?.length === queue.length;
process.exitCode = sound && isEachKilled ? 0 : 1;
