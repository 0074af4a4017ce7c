import { join } from 'node:path';
import type { Config } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import type { Graph } from '../graph/graph.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import { DirectSessions } from '../onedrive/direct-sessions.ts';
import { Intents } from '../onedrive/intents.ts';
import { OpenSessions } from '../onedrive/open-sessions.ts';
import { Recovery } from '../onedrive/recovery.ts';
import { NO_PEERS } from '../state/peers.ts';
import type { State } from '../state/state.ts';

/**
 * The time for cleanup that is still running after the drain: with `drainSeconds` and 5 s for cut requests, this fits
 * into Docker's 10 s.
 */
const SETTLE_MS = 500;

/** What is recorded of the multi-step changes in one tenant. */
export interface OpenWork {
  readonly intents: Intents;
  readonly sessions: OpenSessions;
  readonly direct: DirectSessions;
  readonly recovery: Recovery;
}

/** The recorded multi-step changes of drives, by tenant. Their cleanup ends with the last configuration of a tenant. */
export interface OpenWorks {
  of(tenantId: string): OpenWork;
  /** Returns the number of upload sessions in use. */
  uploadsOpen(): number;
  /** Starts to clean up leftovers of earlier processes in the cloud. */
  start(): void;
  /** Gives running cleanup a moment to end. */
  settle(): Promise<void>;
}

export function spoolFolder({ dataDir }: Pick<Config, 'dataDir'>): string {
  return join(dataDir, 'spool');
}

export interface WorkParts {
  readonly tenants: Tenants;
  readonly state: State;
  readonly keep: Keep;
  readonly clock: Clock;
  readonly log: Log;
}

export function createOpenWorks(config: Config, parts: WorkParts): OpenWorks {
  const works = new Map<string, OpenWork>();
  const unstarted: OpenWork[] = [];
  for (const { name, tenantId } of config.tenants) {
    const key = tenantId.toLowerCase();
    if (!works.has(key)) {
      works.set(key, openWork(key, parts.tenants.graphOf(name), { ...parts, onNew: work => unstarted.push(work) }));
    }
  }
  const all = [...works.values()];
  return {
    of: tenantId => works.get(tenantId.toLowerCase())!,
    uploadsOpen: () => all.reduce((sum, { sessions }) => sum + sessions.inUse, 0),
    start: () => {
      for (const { recovery } of unstarted.splice(0)) {
        recovery.start();
      }
    },
    settle: async () => void (await Promise.all(all.map(({ intents }) => intents.settled(SETTLE_MS)))),
  };
}

/** Only one part knows which changes in a tenant are under way: a second one would clean them up. */
function openWork(
  tenantId: string,
  graph: Graph,
  { keep, onNew, ...parts }: WorkParts & { readonly onNew: (work: OpenWork) => void },
): OpenWork {
  const make = () => {
    const made = makeWork(tenantId, graph, parts);
    onNew(made);
    return made;
  };
  const work = keep.use('open work of a tenant', [tenantId], make, { end: ({ recovery }) => recovery.stop() });
  keep.whenTaken(() => work.recovery.goThrough(graph));
  return work;
}

/** It outlives its configuration, so it must hold nothing of it but this. */
function makeWork(tenantId: string, graph: Graph, { state, clock, log }: Omit<WorkParts, 'keep'>): OpenWork {
  const intents = new Intents({ store: state.intents, tenantId, clock, log });
  const sessions = new OpenSessions({ store: state.uploadSessions, tenantId, clock });
  const direct = new DirectSessions({ store: state.uploadSessions, tenantId, clock });
  const recovery = new Recovery({ graph, intents, sessions, direct, hasPeers: state.peers !== NO_PEERS, log });
  intents.onLeft = sessions.onLeft = direct.onOpened = () => recovery.start();
  return { intents, sessions, direct, recovery };
}
