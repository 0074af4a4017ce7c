import { join } from 'node:path';
import type { Config } from './config/load.ts';
import type { Tenants } from './graph/connect.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';
import { Intents } from './onedrive/intents.ts';
import { OpenSessions } from './onedrive/open-sessions.ts';
import { Recovery } from './onedrive/recovery.ts';
import { emptySpoolFolder } from './onedrive/spool-folder.ts';
import type { State } from './state/state.ts';

/**
 * What is still being put right after the drain has so long: with `drainSeconds` and 5 s for what was cut, that is
 * within Docker's 10 s.
 */
const SETTLE_MS = 500;

/** What drives write down before they change something in several steps, by tenant. */
export interface OpenWorks {
  of(tenantId: string): { readonly intents: Intents; readonly sessions: OpenSessions };
  /**
   * Removes what earlier processes have left on this machine, and begins to put right what they have left in the
   * cloud.
   */
  start(): Promise<void>;
  /** Gives what is being put right a moment to end. */
  settle(): Promise<void>;
  /**
   * Resolves when nothing is done any more; what is left is for the next start. To be called when nothing can reach
   * Microsoft any more.
   */
  stop(): Promise<void>;
}

export function spoolFolder({ dataDir }: Config): string {
  return join(dataDir, 'spool');
}

export function createOpenWorks(
  config: Config,
  { tenants, state, clock, log }: { tenants: Tenants; state: State; clock: Clock; log: Log },
): OpenWorks {
  const works = new Map<string, { intents: Intents; sessions: OpenSessions; recovery: Recovery }>();
  for (const { name, tenantId } of config.tenants) {
    const key = tenantId.toLowerCase();
    if (!works.has(key)) {
      const intents = new Intents({ store: state.intents, tenantId: key, clock, log });
      const sessions = new OpenSessions({ store: state.uploadSessions, tenantId: key, clock });
      const recovery = new Recovery({ graph: tenants.graphOf(name), intents, sessions, log });
      intents.onLeft = sessions.onLeft = () => recovery.start();
      works.set(key, { intents, sessions, recovery });
    }
  }
  return {
    of: tenantId => works.get(tenantId.toLowerCase())!,
    start: async () => {
      await emptySpoolFolder(spoolFolder(config));
      for (const { recovery } of works.values()) {
        recovery.start();
      }
    },
    settle: async () => {
      await Promise.all([...works.values()].map(({ intents }) => intents.settled(SETTLE_MS)));
    },
    stop: async () => {
      await Promise.all([...works.values()].map(({ recovery }) => recovery.stop()));
    },
  };
}
