import type { Command } from 'commander';

/** Longer than a healthy server ever takes. */
const TIMEOUT_MS = 5_000;

export function healthcheckCommand(command: Command): Command {
  return command.option('--url <url>', 'its health page', 'http://127.0.0.1:8080/-/healthz').action(check);
}

async function check({ url }: { url: string }): Promise<void> {
  const { status } = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (status !== 200) {
    throw new Error(`the server answered ${status}`);
  }
}
