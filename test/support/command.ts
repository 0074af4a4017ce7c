import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CommandResult } from './command-host.ts';
import { withoutProxies } from './foreign-client.ts';

const HOST = fileURLToPath(new URL('./command-host.ts', import.meta.url));

let host: ChildProcess | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command of ours to its end, with nothing on its standard input. All of one test file run in one process
 * besides this one, one after another; that a process of its own starts and ends is for a few tests to see.
 */
export function runCommand(args: readonly string[], env: Record<string, string> = {}): Promise<CommandResult> {
  const result = last.then(() => ask(args, env));
  last = result.catch(() => {});
  return result;
}

async function ask(args: readonly string[], env: Record<string, string>): Promise<CommandResult> {
  const child = host ?? startHost();
  host = child;
  child.ref();
  child.channel?.ref();
  const over = new AbortController();
  const { signal } = over;
  const answered = once(child, 'message', { signal }).then(([result]) => result as CommandResult);
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the command ended its process with ${code}`);
  });
  child.send({ args, env });
  try {
    return await Promise.race([answered, ended]);
  } finally {
    over.abort();
    await Promise.allSettled([answered, ended]);
    // It ends with this process.
    child.unref();
    child.channel?.unref();
  }
}

function startHost(): ChildProcess {
  const started = fork(HOST, { env: withoutProxies(process.env), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  started.once('exit', () => {
    host = undefined;
  });
  return started;
}
