import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { redact } from '../lib/redact.ts';
import { UsageError } from '../lib/usage-error.ts';
import { print } from './print.ts';
import { findServer } from './running-server.ts';
import { renderStatus } from './status-format.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
  readonly watch?: boolean;
}

const WATCH_MS = 1_000;
const DEFAULT_COLUMNS = 100;
/** Of a terminal (ECMA-48): the cursor to the top left, then erase to the end of the screen. */
const CLEAR = '\u001b[H\u001b[J';

export function statusCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--json', 'print one JSON object')
    .option('--watch', 'print it again each second until Ctrl-C')
    .action(showStatus);
}

async function showStatus({ config, json, watch }: Options): Promise<void> {
  if (json && watch) {
    throw new UsageError('--json and --watch exclude each other: run "status --json" as often as you like');
  }
  const { client } = await findServer(config);
  if (watch) {
    await keepShowing(async () => render(await client.status()));
    return;
  }
  const status = await client.status();
  await print(json ? JSON.stringify(status, null, 2) : render(status));
}

function render(status: Parameters<typeof renderStatus>[0]): string {
  const { columns = DEFAULT_COLUMNS, isTTY = false } = process.stdout;
  return renderStatus(status, { columns, colours: isTTY && !process.env.NO_COLOR, now: Date.now() });
}

/** Shows a text again and again until a signal. A server that is restarted meanwhile comes back by itself. */
async function keepShowing(read: () => Promise<string>): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  const { isTTY } = process.stdout;
  let text = await read();
  while (!ended.signal.aborted) {
    await print(isTTY ? `${CLEAR}${text}` : `${text}\n`);
    await setTimeout(WATCH_MS, undefined, { signal: ended.signal }).catch(() => {});
    if (!ended.signal.aborted) {
      text = await read().catch((error: Error) => redact(error.message));
    }
  }
  process.off('SIGINT', end).off('SIGTERM', end);
}
