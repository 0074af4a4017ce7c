import type { ControlActions } from '../control/actions.ts';
import type { LogLevelStatus } from '../control/status.ts';
import type { Clock } from '../lib/clock.ts';
import { type Log, setLogLevel } from '../lib/log.ts';
import type { LogLevel } from '../lib/log-level.ts';

export interface LogLevels {
  now(): LogLevelStatus;
  /** Sets another level than the configuration's. */
  readonly set: ControlActions['setLogLevel'];
  /** Sets the configuration's level, and forgets the other one. */
  configured(level: LogLevel): void;
  /** Ends the wait for the end of a changed level. */
  stop(): void;
}

/** The level of a running server's log: the configuration's, or another one for some time. */
export function createLogLevels(configured: LogLevel, { log, clock }: { log: Log; clock: Clock }): LogLevels {
  let usual = configured;
  let until: number | undefined;
  let wait = new AbortController();
  const comeBack = () => {
    wait.abort();
    until = undefined;
    setLogLevel(log, usual);
  };
  return {
    now: () => ({ level: log.level, until: until === undefined ? undefined : new Date(until).toISOString() }),
    set: ({ level, seconds }) => {
      wait.abort();
      wait = new AbortController();
      until = seconds === undefined ? undefined : clock.now() + seconds * 1000;
      log.info({ level, until: until && new Date(until) }, 'the log level is changed by command');
      setLogLevel(log, level);
      if (seconds !== undefined) {
        void clock.sleep(seconds * 1000, wait.signal, { letsProcessEnd: true }).then(comeBack, () => {});
      }
      return { level, until: until === undefined ? undefined : new Date(until).toISOString() };
    },
    configured: level => {
      usual = level;
      comeBack();
    },
    stop: () => wait.abort(),
  };
}
