import { spawn, spawnSync } from 'node:child_process';
import { describe, it } from 'vitest';
import { nameOfSkipped } from './missing-programs.ts';

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs until it gets a signal. */
export interface RunningProgram extends AsyncDisposable {
  /** Its output so far, both streams in order of arrival. */
  readonly printed: string;
}

/**
 * `describe` for tests that need programs which are not ours. Where one is not installed the tests are skipped and say
 * why; `REQUIRE_CLIENTS=1` (set by .ci/run, which installs them) turns that into a failure.
 */
export function describeWith(programs: string | readonly string[], title: string, body: () => void): void {
  const missing = [programs].flat().filter(program => !isInstalled(program));
  if (missing.length === 0) {
    describe(title, body);
  } else if (process.env.REQUIRE_CLIENTS === '1') {
    it(`${title}: ${missing.join(', ')} is installed`, () => {
      throw new Error(`install ${missing.join(', ')}: REQUIRE_CLIENTS=1 asks for it`);
    });
  } else {
    skip(title, missing);
  }
}

/** As `describeWith`, for programs that CI need not have: they are in no package of the distribution. */
export function describeWithOptional(programs: readonly string[], title: string, body: () => void): void {
  const missing = programs.filter(program => !isInstalled(program));
  if (missing.length === 0) {
    describe(title, body);
  } else {
    skip(title, missing);
  }
}

function skip(title: string, missing: readonly string[]): void {
  // Skipped from the start, not by the test itself: else a file's own hooks would start what is missing.
  describe.skip(title, () => {
    it(nameOfSkipped(missing), () => {});
  });
}

function isInstalled(program: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$0"', program]).status === 0;
}

/** Runs a program to its end without blocking the servers of this process. A foreign proxy setting is not inherited. */
export function run(
  program: string,
  args: readonly string[],
  options: { env?: Record<string, string>; cwd?: string; input?: string; uid?: number } = {},
): Promise<ProgramResult> {
  const { cwd, uid } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, uid, env: { ...withoutProxies(process.env), ...options.env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', text => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', text => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', code => resolve({ code, stdout, stderr }));
    // A program may end without having read its input.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/**
 * Starts a program that serves or watches. At the end of the `await using` block it gets SIGTERM, and the block waits
 * for its end.
 */
export function start(
  program: string,
  args: readonly string[],
  { env, cwd }: { env?: Record<string, string>; cwd?: string } = {},
): RunningProgram {
  const child = spawn(program, args, {
    cwd,
    env: { ...withoutProxies(process.env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  const ended = new Promise<void>(resolve => {
    child.on('close', () => resolve());
    child.on('error', error => {
      printed += `\n${error.message}`;
      resolve();
    });
  });
  return {
    get printed() {
      return printed;
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|all|no)_proxy$/i.test(name)));
}

/** `run`, for a program that must succeed; the error shows its output. */
export async function mustRun(...args: Parameters<typeof run>): Promise<ProgramResult> {
  const result = await run(...args);
  if (result.code !== 0) {
    throw new Error(`${args[0]} ${args[1].join(' ')} ended with ${result.code}:\n${result.stdout}\n${result.stderr}`);
  }
  return result;
}
