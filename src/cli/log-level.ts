import { type Command, InvalidArgumentError } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../lib/log-level.ts';
import { print } from './print.ts';
import { findServer } from './running-server.ts';

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const MAX_SECONDS = 7 * 86_400;

export function logLevelCommand(command: Command): Command {
  return command
    .addArgument(command.createArgument('<level>', 'how much it logs').choices(LOG_LEVELS))
    .option('--for <time>', 'go back afterwards, such as 30s, 10m or 2h; at most 7d', parseTime)
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .action(setLevel);
}

async function setLevel(level: LogLevel, options: { readonly config: string; readonly for?: number }): Promise<void> {
  const { client } = await findServer(options.config);
  const { until } = await client.setLogLevel(level, options.for);
  await print(`log level: ${level}, until ${until ?? 'the next reload or restart'}`);
}

/** A time with a unit, in seconds. */
function parseTime(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const seconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new InvalidArgumentError('Write a time such as 30s, 10m or 2h, at most 7d.');
  }
  return seconds;
}
