import { type Command, Option } from 'commander';
import { type App, createApp } from '../app/app.ts';
import type { Override } from '../config/overrides.ts';
import { parseNumber } from '../emulator/command.ts';
import { createLog } from '../lib/log.ts';
import { LOG_LEVELS } from '../lib/log-level.ts';
import { ConfigSource } from './config-source.ts';
import { listenToHangUps } from './hang-up.ts';
import { Reloading } from './reloading.ts';
import { untilSignal } from './until-signal.ts';

interface Options {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  readonly logLevel?: string;
}

export function serveCommand(command: Command): Command {
  return command
    .requiredOption(
      '--config <file>',
      'the configuration file; it may be missing when variables give all that is needed',
    )
    .option('--port <port>', 'instead of listen.port; 0 picks a free one', parseNumber)
    .option('--host <address>', 'instead of listen.host')
    .addOption(new Option('--log-level <level>', 'instead of log.level').choices(LOG_LEVELS))
    .action(serve);
}

async function serve({ config: file, ...flags }: Options): Promise<void> {
  const source = new ConfigSource(file, { env: process.env, flags: overridesOf(flags) });
  const config = await source.load();
  const log = createLog({ level: config.log.level });
  const reloadNow = () => reloading.now();
  const app: App = await createApp(config, { log, source: { file: source.file, reload: reloadNow } });
  const reloading = new Reloading({ source, config, app, log });
  const { url } = await app.start();
  log.info({ url, mounts: config.mounts.map(({ name }) => name) }, 'serving');
  // The log says what is wrong.
  listenToHangUps(() => void reloadNow().catch(() => {}));
  reloading.start();
  await untilSignal();
  await reloading.stop();
  log.info('stopping: waiting for running requests');
  await app.stop();
  log.info('stopped');
}

function overridesOf({ port, host, logLevel }: Omit<Options, 'config'>): Override[] {
  const all: Override[] = [
    { path: ['listen', 'port'], value: port, source: '--port' },
    { path: ['listen', 'host'], value: host, source: '--host' },
    { path: ['log', 'level'], value: logLevel, source: '--log-level' },
  ];
  return all.filter(({ value }) => value !== undefined);
}
