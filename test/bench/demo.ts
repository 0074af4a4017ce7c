import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface Demo extends AsyncDisposable {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  readonly pid: number;
  readonly mounts: readonly string[];
}

/** The compiled demo as a user starts it, on free ports; ended with the `await using` block. */
export async function startDemo(): Promise<Demo> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const child = spawn('npm', ['run', '-s', 'demo', '--', '--port', '0', '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout!)) {
    const shown = JSON.parse(line) as Omit<Demo, keyof AsyncDisposable>;
    child.stdout!.resume();
    return {
      ...shown,
      [Symbol.asyncDispose]: async () => {
        const gone = once(child, 'exit');
        process.kill(shown.pid, 'SIGTERM');
        await gone;
      },
    };
  }
  throw new Error('the demo did not start; its message stands above');
}
