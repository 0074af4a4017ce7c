import type { App, ReloadResult } from '../app/app.ts';
import type { Config } from '../config/load.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Turns } from '../lib/turns.ts';
import { WatchedFiles } from '../lib/watched-files.ts';
import type { ConfigSource } from './config-source.ts';

export interface ReloadingOptions {
  /** Where `config` was read. */
  readonly source: ConfigSource;
  /** The running configuration. */
  readonly config: Config;
  readonly app: Pick<App, 'reload' | 'reloadFailed'>;
  readonly log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Tells the service manager that a reload begins, and that the server is ready again. */
  readonly manager?: (state: 'RELOADING=1' | 'READY=1') => Promise<void>;
  readonly clock?: Clock;
}

/** Reads the configuration again, when its files change and when somebody asks for it. */
export class Reloading {
  readonly #options: ReloadingOptions;
  readonly #turns = new Turns();
  readonly #files: WatchedFiles;
  #isWatching: boolean;

  constructor(options: ReloadingOptions) {
    this.#options = options;
    this.#isWatching = options.config.reload.watch;
    const { source, clock = systemClock } = options;
    const none: ReadonlyMap<string, string> = new Map();
    this.#files = new WatchedFiles({
      read: () => (this.#isWatching ? source.read : none),
      onChange: async () => void (await this.now().catch(() => {})),
      clock,
    });
  }

  /** Starts to look at the files. */
  start(): void {
    this.#files.start();
  }

  stop(): Promise<void> {
    return this.#files.stop();
  }

  /**
   * Reads the configuration now, after those before have been read. Rejects when it cannot be used, and then the
   * running one stays. The log says what has happened.
   */
  now(): Promise<ReloadResult> {
    const { manager } = this.#options;
    return this.#turns.take(async () => {
      await manager?.('RELOADING=1');
      try {
        const result = await this.#reload();
        this.#report(result);
        return result;
      } catch (error) {
        this.#reportFailure(error as Error);
        throw error;
      } finally {
        // Also after a failure: the server serves by the configuration that it had.
        await manager?.('READY=1');
      }
    });
  }

  async #reload(): Promise<ReloadResult> {
    const { source, app } = this.#options;
    const config = await source.load().catch((error: unknown) => {
      app.reloadFailed();
      throw error;
    });
    const result = await app.reload(config);
    this.#isWatching = config.reload.watch;
    return result;
  }

  #report({ changed, needRestart }: ReloadResult): void {
    const { log } = this.#options;
    if (changed.length > 0) {
      log.info({ changed }, 'the configuration has been reloaded');
    } else if (needRestart.length === 0) {
      log.info('the configuration has been read again; nothing has changed');
    }
    if (needRestart.length > 0) {
      const keys = needRestart.join(', ');
      const verb = needRestart.length === 1 ? 'needs' : 'need';
      log.warn({ needRestart }, `${keys} ${verb} a restart: until then the old values are in use`);
    }
  }

  #reportFailure({ message }: Error): void {
    const causes = message.replaceAll('\n', '; ');
    this.#options.log.error(`the configuration cannot be reloaded, and the running one stays: ${causes}`);
  }
}
