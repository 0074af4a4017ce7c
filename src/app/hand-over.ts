import type { Config } from '../config/load.ts';
import { type GivenListener, openShared } from '../http/listener.ts';
import type { StopOptions } from '../http/shutdown.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { findProcess, forgetProcess, noteProcess } from '../state/processes.ts';

/** What a server needs after its drain: tidying up, and a margin. */
const AFTER_DRAIN_MS = 10_000;

/**
 * Returns the listener that this process shares with the one before it and the one after it, if there is one: the
 * socket that the service manager has passed (`fd`), or a port that several processes may listen on. With `asks`, the
 * running server is told to stop; its successor accepts connections already, and they wait. Must be called before the
 * state is opened, which waits for the end of the running server.
 */
export async function openSharedListener(
  config: Config,
  { fd, asks, log }: { fd: number | undefined; asks: boolean; log: Log },
): Promise<GivenListener | undefined> {
  if (fd !== undefined) {
    return { socket: { fd }, takeWaiting: () => [], outlivesServer: () => true };
  }
  if (!config.listen.reusePort) {
    return undefined;
  }
  const { dataDir } = config;
  const hasSuccessor = () => findProcess(dataDir, 'successor') !== undefined;
  const listener = await openShared(config.listen, { outlivesServer: hasSuccessor });
  const running = findProcess(dataDir, 'owner');
  if (running === undefined) {
    return listener;
  }
  noteProcess(dataDir, 'successor');
  if (asks) {
    process.kill(running, 'SIGTERM');
  }
  log.info({ pid: running, asked: asks }, 'waiting for the end of the running server; connections wait, too');
  return listener;
}

/** Says that this process is no successor any more, but the server. */
export function isServerNow({ dataDir }: Config): void {
  forgetProcess(dataDir, 'successor');
}

/** Returns how long a start waits for the state, or undefined for the usual time. */
export function patienceFor({ limits }: Config, listener: GivenListener | undefined): number | undefined {
  const seconds = limits.shutdownDelaySeconds + limits.drainSeconds;
  return listener === undefined ? undefined : seconds * 1000 + AFTER_DRAIN_MS;
}

/**
 * Waits for `limits.shutdownDelaySeconds`, so that proxies see that the server is not ready before it refuses anything.
 * Where another process takes the connections, nobody has to turn away.
 */
export async function serveOn(
  { limits }: Config,
  { listener, clock, hurry }: { listener: GivenListener | undefined; clock: Clock } & StopOptions,
): Promise<void> {
  if (limits.shutdownDelaySeconds > 0 && !listener?.outlivesServer()) {
    await clock.sleep(limits.shutdownDelaySeconds * 1000, hurry).catch(() => {});
  }
}
