import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** The server as a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** What it has logged so far, an object a line. */
  readonly logged: readonly { readonly msg: string; readonly [key: string]: unknown }[];
  /** Asks it to read its configuration again. */
  hangUp(): void;
  /** Sends the signal; resolves with the exit code, or null, when the process has ended. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/**
 * Starts `serve --config FILE`; resolves when it serves. Throws with its log when it ends before. `meanwhile` gets the
 * process as soon as it is there.
 */
export async function startServerProcess(
  configFile: string,
  meanwhile: (child: ChildProcess) => void = () => {},
): Promise<ServerProcess> {
  // MALLOC_ARENA_MAX is the operator's choice: the process does not start itself anew.
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' };
  const child = spawn(process.execPath, [MAIN, 'serve', '--config', configFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  meanwhile(child);
  const logged: { msg: string; url?: string }[] = [];
  const url = await untilServing(child, logged);
  return {
    url: url.replace(/\/$/, ''),
    pid: child.pid!,
    logged,
    hangUp: () => void child.kill('SIGHUP'),
    end: async signal => {
      child.kill(signal);
      return ended;
    },
  };
}

function untilServing(child: ChildProcess, logged: { msg: string; url?: string }[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const lines = createInterface(child.stdout!);
    lines.on('line', line => {
      const entry = JSON.parse(line) as { msg: string; url?: string };
      logged.push(entry);
      if (entry.msg === 'serving') {
        resolve(entry.url!);
      }
    });
    lines.on('close', () => reject(new Error(`the server ended before it served: ${JSON.stringify(logged)}`)));
  });
}
