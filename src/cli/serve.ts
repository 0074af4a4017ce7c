import type { Command } from 'commander';
import { createApp } from '../app/app.ts';
import { isServerNow, openSharedListener } from '../app/hand-over.ts';
import { loadConfig } from '../config/load.ts';
import { createLog } from '../lib/log.ts';
import { UsageError } from '../lib/usage-error.ts';
import { takeListenFd } from './listen-fds.ts';
import { tellManager } from './tell-manager.ts';
import { listenForEnd } from './until-signal.ts';

interface Options {
  readonly config: string;
  readonly takeover?: boolean;
}

export function serveCommand(command: Command): Command {
  return command
    .requiredOption('--config <file>', 'the configuration file')
    .option('--takeover', 'stop the server that runs with this dataDir, and take its place; needs listen.reusePort')
    .action(serve);
}

async function serve({ config: file, takeover = false }: Options): Promise<void> {
  const fd = takeListenFd(process.env, process.pid);
  const config = await loadConfig(file, process.env);
  if (takeover && !config.listen.reusePort) {
    throw new UsageError('--takeover needs listen.reusePort: true, in the running server as well');
  }
  const log = createLog({ level: config.log.level });
  const listener = await openSharedListener(config, { fd, asks: takeover, log });
  // It blocks until an earlier process has ended; only then the signals are ours.
  const app = await createApp(config, { log, listener });
  const signals = listenForEnd();
  isServerNow(config);
  const { url } = await app.start();
  log.info({ url, mounts: config.mounts.map(({ name }) => name) }, 'serving');
  await tellManager('READY=1', log);
  await signals.first;
  log.info('stopping: waiting for running requests');
  const told = tellManager('STOPPING=1', log);
  await app.stop({ hurry: signals.second });
  await told;
  log.info('stopped');
}
