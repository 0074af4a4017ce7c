import type { Command } from 'commander';
import { print } from './print.ts';
import { findServer } from './running-server.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export function reloadCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--json', 'print one JSON object')
    .action(reload);
}

async function reload({ config, json }: Options): Promise<void> {
  const { client } = await findServer(config);
  const report = await client.reload();
  await print(json ? JSON.stringify(report) : describe(report).join('\n'));
}

function describe({ changed, needRestart }: { changed: readonly string[]; needRestart: readonly string[] }): string[] {
  const applied = changed.filter(key => !needRestart.includes(key));
  if (changed.length + needRestart.length === 0) {
    return ['nothing has changed'];
  }
  return [
    ...(applied.length === 0 ? [] : [`changed: ${applied.join(', ')}`]),
    ...(needRestart.length === 0 ? [] : [`counts only after a restart: ${needRestart.join(', ')}`]),
  ];
}
