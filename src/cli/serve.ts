import { type Command, Option } from 'commander';
import { type App, createApp } from '../app/app.ts';
import { isNoSuccessor, openSharedListener } from '../app/hand-over.ts';
import type { Override } from '../config/overrides.ts';
import { parseNumber } from '../emulator/command.ts';
import { createLog } from '../lib/log.ts';
import { LOG_LEVELS } from '../lib/log-level.ts';
import { RecentProblems } from '../lib/recent-problems.ts';
import { UsageError } from '../lib/usage-error.ts';
import { ConfigSource } from './config-source.ts';
import { listenToHangUps } from './hang-up.ts';
import { takeListenFd } from './listen-fds.ts';
import { Reloading } from './reloading.ts';
import { tellManager } from './tell-manager.ts';
import { type EndSignals, listenForEnd, untilAborted } from './until-signal.ts';

interface Options {
  readonly config: string;
  readonly port?: number;
  readonly host?: string;
  readonly logLevel?: string;
  readonly takeover?: boolean;
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
    .option('--takeover', 'stop the server that runs with this dataDir, and take its place; needs listen.reusePort')
    .action(serve);
}

async function serve({ config: file, takeover = false, ...flags }: Options): Promise<void> {
  const signals = listenForEnd();
  const fd = takeListenFd(process.env, process.pid);
  const source = new ConfigSource(file, { env: process.env, flags: overridesOf(flags) });
  const config = await source.load();
  if (takeover && !config.listen.reusePort) {
    throw new UsageError('--takeover needs listen.reusePort: true, in the running server as well');
  }
  const problems = new RecentProblems();
  const log = createLog({ ...config.log, problems });
  const reloadNow = () => reloading.now();
  const app: App | undefined = await unlessEnded(signals, async signal => {
    const listener = await openSharedListener(config, { fd, asks: takeover, log, signal });
    const told = { file: source.file, reload: reloadNow, compare: async () => app!.compare(await source.peek()) };
    return createApp(config, { log, problems, listener, signal, source: told });
  }).finally(() => isNoSuccessor(config));
  if (app === undefined) {
    log.info('stopped before it has served');
    return;
  }
  const reloading = new Reloading({ source, config, app, log, manager: state => tellManager(state, log) });
  const { url } = await app.start();
  log.info({ url, mounts: config.mounts.map(({ name }) => name) }, 'serving');
  await tellManager('READY=1', log);
  // The log says what is wrong.
  listenToHangUps(() => void reloadNow().catch(() => {}));
  reloading.start();
  await untilAborted(signals.first);
  const told = tellManager('STOPPING=1', log);
  await reloading.stop();
  log.info('stopping: waiting for running requests');
  await app.stop({ hurry: signals.second });
  await told;
  log.info('stopped');
}

/** Does what waits for another process; returns undefined when this one is told to end before. */
async function unlessEnded(
  { first }: EndSignals,
  work: (signal: AbortSignal) => Promise<App>,
): Promise<App | undefined> {
  try {
    first.throwIfAborted();
    return await work(first);
  } catch (error) {
    if (first.aborted && (error as Error).name === 'AbortError') {
      return undefined;
    }
    throw error;
  }
}

function overridesOf({ port, host, logLevel }: Omit<Options, 'config' | 'takeover'>): Override[] {
  const all: Override[] = [
    { path: ['listen', 'port'], value: port, source: '--port' },
    { path: ['listen', 'host'], value: host, source: '--host' },
    { path: ['log', 'level'], value: logLevel, source: '--log-level' },
  ];
  return all.filter(({ value }) => value !== undefined);
}
