import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Intents } from '../onedrive/intents.ts';
import { OpenSessions } from '../onedrive/open-sessions.ts';
import { Recovery } from '../onedrive/recovery.ts';
import { emptySpoolFolder } from '../onedrive/spool-folder.ts';
import type { State } from '../state/state.ts';

/**
 * The time for cleanup that is still running after the drain: with `drainSeconds` and 5 s for cut requests, this fits
 * into Docker's 10 s.
 */
const SETTLE_MS = 500;

/** The recorded multi-step changes of drives, by tenant. */
export interface OpenWorks {
  of(tenantId: string): { readonly intents: Intents; readonly sessions: OpenSessions };
  /** Returns the number of upload sessions in use. */
  uploadsOpen(): number;
  /** Removes leftovers of earlier processes on this machine, and starts to clean up theirs in the cloud. */
  start(): Promise<void>;
  /** Gives running cleanup a moment to end. */
  settle(): Promise<void>;
  /**
   * Resolves when all cleanup has stopped; the next start does the rest. Must be called after the last request to
   * Microsoft.
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
    uploadsOpen: () => [...works.values()].reduce((sum, { sessions }) => sum + sessions.inUse, 0),
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
