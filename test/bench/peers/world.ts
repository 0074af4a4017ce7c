import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The addresses and keys that the emulated Microsoft of a bench prints. */
export interface World extends AsyncDisposable {
  readonly proxy: string;
  readonly caFile: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly driveId: string;
  /** Good for an hour. */
  readonly accessToken: string;
  /** A download URL of `/large.bin`, which is on this machine. */
  readonly contentUrl: string;
}

export interface WorldOptions {
  /** To each answer. */
  readonly latencyMs: number;
  /** Of `/large.bin`. */
  readonly largeBytes: number;
  /** The number of cold reads, and so of folders of each kind. */
  readonly copies: number;
  /** Folders of so many files each. */
  readonly growing?: readonly number[];
  /** How many of all answers are a fault, from 0 to 1; none unless it is given. */
  readonly faults?: number;
}

export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
  /** The lines that it has printed. */
  readonly lines: AsyncIterable<string>;
}

/** Starts a program; ends it by SIGTERM with the `await using` block. */
export function startProgram(
  program: string,
  args: readonly string[],
  { env, speaks = 'stdout' }: { env?: NodeJS.ProcessEnv; speaks?: 'stdout' | 'stderr' } = {},
): Program {
  const stdio =
    speaks === 'stdout' ? (['ignore', 'pipe', 'inherit'] as const) : (['ignore', 'ignore', 'pipe'] as const);
  const child = spawn(program, args, { stdio: [...stdio], env: { ...process.env, ...env } });
  return {
    child,
    lines: createInterface(child[speaks]!),
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        await gone;
      }
    },
  };
}

/** Returns the first result of `find`; discards all later lines. */
export async function untilSaid<T>(program: Program, find: (line: string) => T | undefined): Promise<T> {
  const seen: string[] = [];
  for await (const line of program.lines) {
    const found = find(line);
    if (found !== undefined) {
      program.child.stdout?.resume();
      program.child.stderr?.resume();
      return found;
    }
    seen.push(line);
  }
  throw new Error(`the program ended before it was ready:\n${seen.join('\n')}`);
}

/** An emulated Microsoft in a process of its own, with the folders that the rows look at. */
export async function openWorld(options: WorldOptions): Promise<World> {
  const file = fileURLToPath(new URL('./world-main.ts', import.meta.url));
  const program = startProgram(process.execPath, [file, JSON.stringify(options)]);
  const said = await untilSaid(program, line => JSON.parse(line) as Omit<World, keyof AsyncDisposable>);
  return { ...said, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}
