import type { Command } from 'commander';
import { createApp } from '../app/app.ts';
import { loadConfig } from '../config/load.ts';
import { createLog } from '../lib/log.ts';
import { untilSignal } from './until-signal.ts';

export function serveCommand(command: Command): Command {
  return command.requiredOption('--config <file>', 'the configuration file').action(serve);
}

async function serve({ config: file }: { config: string }): Promise<void> {
  const config = await loadConfig(file, process.env);
  const log = createLog(config.log);
  const app = await createApp(config, { log });
  const { url } = await app.start();
  log.info({ url, mounts: config.mounts.map(({ name }) => name) }, 'serving');
  await untilSignal();
  log.info('stopping: waiting for running requests');
  await app.stop();
  log.info('stopped');
}
