import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The server as a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Sends the signal; resolves with the exit code, or null, when the process has ended. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** Starts `serve --config FILE`; resolves when it serves. Throws with its log when it ends before. */
export async function startServerProcess(configFile: string): Promise<ServerProcess> {
  // MALLOC_ARENA_MAX is the operator's choice: the process does not start itself anew.
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' };
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', configFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const url = await untilServing(child);
  return {
    url: url.replace(/\/$/, ''),
    pid: child.pid!,
    end: async signal => {
      child.kill(signal);
      return ended;
    },
  };
}

async function untilServing(child: ChildProcess): Promise<string> {
  const seen: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    seen.push(line);
    const entry = JSON.parse(line) as { msg?: string; url?: string };
    if (entry.msg === 'serving') {
      child.stdout!.resume();
      return entry.url!;
    }
  }
  throw new Error(`the server ended before it served: ${seen.join('\n')}`);
}
