import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutant } from './mutant.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const CONFIG = join(ROOT, 'test/mutants/vitest.config.ts');

/** Longer than any test or hook may take: after it nothing but the whole process can hang. */
const HANGS_AFTER_MS = 3 * 60_000;

export interface Outcome {
  readonly passed: number;
  /** Titles of the tests that failed. */
  readonly failed: readonly string[];
}

/** Of vitest's report in JSON. */
interface Report {
  readonly numPassedTests?: number;
  readonly testResults?: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Runs those tests of the mutants that must see them, without any mutant. */
export function runSound(mutants: readonly Mutant[]): Promise<Outcome> {
  return runTests({ files: mutants.flatMap(({ tests }) => tests), titles: mutants.map(({ only }) => only) });
}

/** Runs the tests that must see the mutant until the first one fails. */
export function runMutant({ name, tests, only }: Mutant): Promise<Outcome> {
  return runTests({ files: tests, titles: [only], mutant: name });
}

/** Neither tests that passed nor tests that failed: nothing could be loaded, or the process hung. */
async function runTests({
  files,
  titles,
  mutant = '',
}: {
  files: readonly string[];
  titles: string[];
  mutant?: string;
}) {
  const folder = await mkdtemp(join(tmpdir(), 'mutant-'));
  const report = join(folder, 'report.json');
  const pattern = titles.map(title => RegExp.escape(title)).join('|');
  const options = ['run', '--config', CONFIG, '--reporter=json', `--outputFile=${report}`, '-t', pattern];
  const bail = mutant === '' ? [] : ['--bail=1'];
  const paths = [...new Set(files)].map(file => `test/emulator/${file}`);
  const child = spawn(process.execPath, [VITEST, ...options, ...bail, ...paths], {
    ...{ cwd: ROOT, stdio: 'ignore', timeout: HANGS_AFTER_MS, killSignal: 'SIGKILL' },
    env: { ...process.env, MUTANT: mutant },
  });
  try {
    await new Promise(resolve => child.once('exit', resolve));
    return await readOutcome(report);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readOutcome(report: string): Promise<Outcome> {
  const text = await readFile(report, 'utf8').catch(() => '{}');
  const { numPassedTests: passed = 0, testResults = [] } = JSON.parse(text) as Report;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'failed');
  return { passed, failed: failed.map(({ fullName }) => fullName) };
}
