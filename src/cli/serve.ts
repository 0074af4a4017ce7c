import type { Command } from 'commander';
import { createApp } from '../app/app.ts';
import { createLog } from '../lib/log.ts';
import { ConfigSource } from './config-source.ts';
import { listenToHangUps } from './hang-up.ts';
import { Reloading } from './reloading.ts';
import { untilSignal } from './until-signal.ts';

export function serveCommand(command: Command): Command {
  return command.requiredOption('--config <file>', 'the configuration file').action(serve);
}

async function serve({ config: file }: { config: string }): Promise<void> {
  const source = new ConfigSource(file, process.env);
  const config = await source.load();
  const log = createLog({ level: config.log.level });
  const app = await createApp(config, { log });
  const { url } = await app.start();
  log.info({ url, mounts: config.mounts.map(({ name }) => name) }, 'serving');
  const reloading = new Reloading({ source, config, app, log });
  const reloadNow = () => reloading.now();
  // The log says what is wrong.
  listenToHangUps(() => void reloadNow().catch(() => {}));
  reloading.start();
  await untilSignal();
  await reloading.stop();
  log.info('stopping: waiting for running requests');
  await app.stop();
  log.info('stopped');
}
