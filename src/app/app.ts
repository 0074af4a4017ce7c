import { type ConfigChanges, compareConfigs } from '../config/changes.ts';
import type { Config } from '../config/load.ts';
import { openTransport } from '../graph/connect.ts';
import type { GivenListener } from '../http/listener.ts';
import type { StopOptions } from '../http/shutdown.ts';
import { RequestsUnderWay } from '../http/under-way.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { boundHeapGrowth } from '../lib/heap-growth.ts';
import { Lasting } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { RecentProblems } from '../lib/recent-problems.ts';
import { Turns } from '../lib/turns.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { emptySpoolFolder } from '../onedrive/spool-folder.ts';
import { openAuditTrail } from './audit-trail.ts';
import { loadBrowserApp } from './browser-app.ts';
import { type ConfigSource, createControl, OPERATOR } from './control.ts';
import { createListener } from './front.ts';
import { buildGeneration, type Generation, type Lasts } from './generation.ts';
import { serveOn, takeInTime } from './hand-over.ts';
import { Health } from './health.ts';
import { createOwnListener } from './observation.ts';
import { takeFolder, untilThere } from './open-state.ts';
import { spoolFolder } from './recovery.ts';
import { StateWatch } from './state-watch.ts';
import { checkTls } from './tls.ts';
import { openTraces } from './tracing.ts';

/** What a reload has changed, by the keys of the file, sorted. */
export type ReloadResult = Pick<ConfigChanges, 'changed' | 'needRestart'>;

export interface App {
  start(): Promise<{ url: string; port: number }>;
  /**
   * Serves by another configuration from the next request on; those under way end as they began. The keys that need a
   * restart keep their values. Reloads are made one after the other. Rejects when it cannot be served, and then nothing
   * has changed.
   */
  reload(config: Config): Promise<ReloadResult>;
  /** Returns what `reload` would, and changes nothing. Throws ConfigError. */
  compare(config: Config): ReloadResult;
  /** Notes for the metrics that another configuration could not be read. */
  reloadFailed(): void;
  /**
   * Reports that it is not ready, serves on for `limits.shutdownDelaySeconds`, waits for running requests, then closes
   * everything.
   */
  stop(options?: StopOptions): Promise<void>;
}

export interface AppOptions {
  readonly log: Log;
  readonly clock?: Clock;
  readonly source?: ConfigSource;
  /** The socket to accept from; without one the server listens by itself. */
  readonly listener?: GivenListener | undefined;
  /** What the log has noted of warnings and errors, for the status. */
  readonly problems?: RecentProblems;
  /** Aborted: another process's state is not waited for any longer; what is thrown is its reason. */
  readonly signal?: AbortSignal;
}

/** Builds the server from its configuration: what lasts for the process, and the first generation. */
export async function createApp(
  config: Config,
  { log, clock = systemClock, source, problems, listener, signal }: AppOptions,
): Promise<App> {
  boundHeapGrowth(config.cache.maxEntries);
  const metrics = createMetrics({ watchesProcess: config.metrics !== undefined, now: () => clock.now() });
  const situation = { isDraining: false, isStarted: false };
  const open = await takeInTime(config, { take: () => takeFolder(config), listener, log, clock, signal });
  const health = new Health({ log, clock });
  const stateWatch = new StateWatch(health);
  const lasts: Lasts = {
    state: stateWatch.watch(await open({ log, clock, signal })),
    stateWatch,
    transport: openTransport(config),
    metrics,
    traces: await openTraces(config, { log, clock }),
    builtApp: await loadBrowserApp(),
    trail: openAuditTrail(config, { log, clock, onFailure: () => metrics.auditFailed() }),
    underWay: new RequestsUnderWay(),
    health,
    lasting: new Lasting(),
    isDraining: () => situation.isDraining,
    actions: () => control.actions,
    since: new Date(clock.now()),
    log,
    clock,
  };
  let current = await untilThere(() => buildGeneration(config, lasts), { log, clock, signal });
  current.take();
  const ownListener = createOwnListener(config, lasts.metrics, log);
  const server = createListener(config, current.service, { listener, log, clock });
  const turns = new Turns();
  const { state, since } = lasts;
  const audit = lasts.trail.record;
  const control = createControl(config, {
    ...{ state, source, status: () => current.status, problems, since, audit, log, clock },
  });
  const replace = async (next: Generation) => {
    const old = current;
    next.take();
    server.change(next.service);
    current = next;
    await old.retire().catch(noteEnding);
    if (situation.isStarted) {
      next.startRecovery();
      next.start();
    }
    // When its last request has ended.
    void old.served().then(old.release).catch(noteEnding);
  };
  const noteEnding = (error: unknown) =>
    log.error({ err: error }, 'a part of the earlier configuration could not be ended');
  const noteFailure = (error: unknown): never => {
    lasts.metrics.configReloaded(false);
    throw error;
  };
  return {
    start: () =>
      turns.take(async () => {
        await emptySpoolFolder(spoolFolder(config));
        current.startRecovery();
        await ownListener?.start();
        const address = await server.start();
        await control.start(address.url).catch(async (error: unknown) => {
          await server.stop();
          throw error;
        });
        situation.isStarted = true;
        current.start();
        return address;
      }),
    reload: given =>
      turns.take(async () => {
        if (situation.isDraining) {
          throw new Error('the server is stopping, so the configuration is not read again');
        }
        const { config: next, changed, needRestart } = compareConfigs(current.config, given);
        if (changed.length > 0) {
          boundHeapGrowth(next.cache.maxEntries);
          const build = async () => {
            checkTls(next);
            return await buildGeneration(next, lasts, current);
          };
          await replace(await build().catch(noteFailure));
          const detail = { changed: changed.join(', ') };
          audit({ event: 'configuration-reloaded', user: OPERATOR, address: 'server', detail });
        }
        lasts.metrics.configReloaded(true);
        control.loaded(current.config);
        return { changed, needRestart };
      }),
    compare: given => {
      const { config: next, changed, needRestart } = compareConfigs(current.config, given);
      checkTls(next);
      return { changed, needRestart };
    },
    reloadFailed: () => lasts.metrics.configReloaded(false),
    stop: async (options = {}) => {
      situation.isDraining = true;
      await turns.take(async () => {
        await serveOn(current.config, { listener, clock, ...options });
        await Promise.all([server.stop(options), lasts.lasting.endBackground(), current.stopFeeds()]);
        await current.settle();
        await control.stop();
        await lasts.transport.close();
        await lasts.lasting.end();
        await Promise.all([ownListener?.stop(), lasts.traces?.stop(), lasts.trail.stop()]);
        await lasts.state.close();
      });
    },
  };
}
