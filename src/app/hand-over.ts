import type { Config } from '../config/load.ts';
import { type GivenListener, openShared } from '../http/listener.ts';
import type { StopOptions } from '../http/shutdown.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { MIGRATE_REQUESTS_CURE, migratesRequests } from '../lib/migrates-requests.ts';
import { findProcess, forgetProcess, isLeftSoon, noteLeaving, noteProcess } from '../state/processes.ts';
import { FolderInUse } from '../state/sqlite/one-owner.ts';

/** What a server needs after its drain: tidying up, and a margin. */
const AFTER_DRAIN_MS = 10_000;
/** How often a process looks at another one. */
const LOOK_MS = 25;

/** What a wait for another process needs. */
interface Waiting {
  readonly log: Log;
  readonly clock?: Clock;
  /** Aborted: nobody waits any longer, and its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Returns the listener that this process shares with the one before it and the one after it, if there is one: the
 * socket that the service manager has passed (`fd`), or a port that several processes may listen on. With `asks`, the
 * running server is told to stop; without, its end is waited for, lest connections come here while it goes on serving.
 * Connections to this process wait until it serves. Must be called before the state is opened. Throws FolderInUse.
 */
export async function openSharedListener(
  config: Config,
  { fd, asks, ...waiting }: { fd: number | undefined; asks: boolean } & Waiting,
): Promise<GivenListener | undefined> {
  if (fd !== undefined) {
    return { socket: { fd }, takeWaiting: () => [], outlivesServer: () => true };
  }
  if (!config.listen.reusePort) {
    return undefined;
  }
  const { dataDir } = config;
  if (!asks) {
    await look(config, { ...waiting, until: () => isLeftSoon(dataDir) });
  }
  if ((await migratesRequests()) === false) {
    waiting.log.warn(`connections that arrive in the moment of a takeover may be reset; ${MIGRATE_REQUESTS_CURE}`);
  }
  const listener = await openShared(config.listen, {
    outlivesServer: () => findProcess(dataDir, 'successor') !== undefined,
  });
  const running = findProcess(dataDir, 'owner');
  if (running === undefined) {
    return listener;
  }
  noteProcess(dataDir, 'successor');
  if (asks) {
    process.kill(running, 'SIGTERM');
  }
  waiting.log.info({ pid: running, asked: asks }, 'connections wait until the running server has ended');
  return listener;
}

/** Says that this process is no successor any more: it is the server, or has given up. */
export function isNoSuccessor({ dataDir }: Config): void {
  forgetProcess(dataDir, 'successor');
}

/**
 * Takes the folder of the data with `take`, which waits for nobody, when the process that has it has ended. Signals and
 * connections are noticed meanwhile. Throws FolderInUse when that process goes on, and what `take` throws.
 */
export async function takeInTime<T extends object>(
  config: Config,
  { take, listener, ...waiting }: { take: () => T; listener: GivenListener | undefined } & Waiting,
): Promise<T> {
  let taken: T | undefined;
  const tryIt = () => {
    try {
      taken = take();
    } catch (error) {
      if (!(error instanceof FolderInUse)) {
        throw error;
      }
    }
    return taken !== undefined;
  };
  await look(config, { ...waiting, until: tryIt, expectsDrain: listener !== undefined });
  return taken!;
}

/**
 * Waits for `limits.shutdownDelaySeconds`, so that proxies see that the server is not ready before it refuses anything.
 * Where another process takes the connections, nobody has to turn away.
 */
export async function serveOn(
  { limits, dataDir }: Config,
  { listener, clock, hurry }: { listener: GivenListener | undefined; clock: Clock } & StopOptions,
): Promise<void> {
  if (listener !== undefined) {
    noteLeaving(dataDir);
  }
  const until = clock.now() + limits.shutdownDelaySeconds * 1000;
  while (clock.now() < until && !hurry?.aborted && !listener?.outlivesServer()) {
    const left = until - clock.now();
    // Only with a listener somebody may take over.
    await clock.sleep(listener === undefined ? left : Math.min(left, LOOK_MS), hurry).catch(() => {});
  }
}

/** Waits for what another process does at its end. Throws FolderInUse when that takes longer than an end may take. */
async function look(
  { limits, dataDir }: Config,
  {
    until,
    expectsDrain = true,
    log,
    clock = systemClock,
    signal,
  }: { until: () => boolean; expectsDrain?: boolean } & Waiting,
): Promise<void> {
  const drainMs = (limits.shutdownDelaySeconds + limits.drainSeconds) * 1000;
  let left = AFTER_DRAIN_MS + (expectsDrain ? drainMs : 0);
  for (let looks = 0; !until(); looks += 1) {
    if (looks === 0) {
      log.info({ dataDir }, 'another process serves from this dataDir: waiting for its end');
    }
    if (left <= 0) {
      throw new FolderInUse(dataDir);
    }
    await clock.sleep(LOOK_MS, signal);
    left -= LOOK_MS;
  }
}
