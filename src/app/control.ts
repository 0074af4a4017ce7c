import type { Audit } from '../auth/audit.ts';
import { ConfigError } from '../config/config-error.ts';
import type { Config } from '../config/load.ts';
import { type ControlActions, ControlRefusal, type ReloadReport } from '../control/actions.ts';
import { controlAddress } from '../control/address.ts';
import { createControlListener } from '../control/endpoints.ts';
import { type ControlServer, createControlServer } from '../control/server.ts';
import { createStateActions } from '../control/state-actions.ts';
import type { Status } from '../control/status.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { RecentProblems } from '../lib/recent-problems.ts';
import type { State } from '../state/state.ts';
import { createLogLevels } from './log-levels.ts';
import { readStatus, type StatusFacts, type StatusParts } from './status.ts';

/** What the process that starts a server knows about its configuration. */
export interface ConfigSource {
  /** Its file, absolute; undefined: there is none. */
  readonly file?: string | undefined;
  /**
   * Reads the configuration anew and applies it. Throws ConfigError when it is bad; then nothing has changed. Absent:
   * only a restart applies changes.
   */
  readonly reload?: (() => Promise<ReloadReport>) | undefined;
  /** Reads the configuration without applying it, and compares. Throws ConfigError when it is bad. */
  readonly compare?: (() => Promise<ReloadReport>) | undefined;
}

export interface ControlParts {
  readonly state: Pick<State, 'locks' | 'devicePasswords' | 'sessions'>;
  readonly source: ConfigSource | undefined;
  /** Returns the parts of now: a reload replaces them. */
  readonly status: () => StatusParts;
  readonly problems: RecentProblems | undefined;
  readonly since: Date;
  readonly audit: Audit;
  readonly log: Log;
  readonly clock: Clock;
}

export interface Control extends Pick<ControlServer, 'stop'> {
  readonly actions: ControlActions;
  /** `url` is where the server listens. Throws, stating the remedy, when another process listens on the socket. */
  start(url: string): Promise<void>;
  /** Notes that another configuration is in use: its log level counts from now on. */
  loaded(config: Pick<Config, 'log'>): void;
}

/** The user of what nobody has signed in for. */
export const OPERATOR = 'operator';

/** Creates the control socket of a server, and what can be asked there. */
export function createControl(config: Pick<Config, 'dataDir' | 'control' | 'log'>, parts: ControlParts): Control {
  const { state, source, status, problems, since, audit, log, clock } = parts;
  const levels = createLogLevels(config.log.level, { log, clock });
  let url = '';
  let loaded = since;
  const facts = (): StatusFacts & Pick<Status, 'config'> => ({
    ...{ url, since, logLevel: levels.now() },
    config: { file: source?.file, loaded: loaded.toISOString() },
    problems: (problems?.all() ?? []).map(({ at, ...problem }) => ({ ...problem, at: new Date(at).toISOString() })),
  });
  const actions: ControlActions = {
    ...createStateActions({ ...state, audit, clock }),
    status: () => readStatus(status(), facts(), clock),
    setLogLevel: wish => {
      const now = levels.set(wish);
      const until = now.until ?? 'a reload or a restart';
      audit({ event: 'log-level-changed', user: OPERATOR, address: 'command', detail: { level: now.level, until } });
      return now;
    },
    changes: () => refuseBadConfig(source?.compare),
    reload: () => refuseBadConfig(source?.reload),
  };
  const server = createControlServer({
    address: controlAddress(config),
    listener: createControlListener(actions, log),
    log,
  });
  return {
    actions,
    start: async now => {
      url = now;
      await server.start();
    },
    stop: async () => {
      levels.stop();
      await server.stop();
    },
    loaded: ({ log: { level } }) => {
      loaded = new Date(clock.now());
      levels.configured(level);
    },
  };
}

async function refuseBadConfig(read: (() => Promise<ReloadReport>) | undefined): Promise<ReloadReport> {
  if (read === undefined) {
    throw new ControlRefusal('unsupported', 'this server cannot read its configuration anew: restart it');
  }
  try {
    return await read();
  } catch (error) {
    throw error instanceof ConfigError ? new ControlRefusal('bad-config', error.message) : error;
  }
}
