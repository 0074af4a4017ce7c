import type { Config, TenantConfig } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import { watchExpiry } from '../graph/credential-expiry.ts';
import type { Graph } from '../graph/graph.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { MountMetrics } from '../metrics/mounts.ts';

interface CredentialParts {
  readonly tenants: Tenants;
  readonly metrics: MountMetrics;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
}

/** The watch over one tenant's credential; it begins with the configuration that uses it. */
export interface CredentialWatch {
  readonly tenant: string;
  start(): void;
  /** Returns when the credential ends, as far as known. */
  ends(): Date | undefined;
}

/** Creates the watches over the end of each tenant's credential. */
export function watchCredentials(
  config: Config,
  { tenants, metrics, keep, log, clock }: CredentialParts,
): CredentialWatch[] {
  return config.tenants.flatMap(({ name, credential }) => {
    const own = config.tenants.length === 1 ? log : log.child({ tenant: name });
    const graph = tenants.graphOf(name);
    const make = () => makeWatch({ name, credential, graph, metrics, log: own, clock });
    const { watch, known } = keep.use('expiry of a credential', [graph, name, credential], make, {
      end: each => each.watch?.stop(),
      isBackground: true,
    });
    return watch === undefined ? [] : [{ tenant: name, start: () => watch.start(), ends: () => known.ends }];
  });
}

interface WatchParts extends Pick<CredentialParts, 'metrics' | 'log' | 'clock'> {
  readonly name: string;
  readonly credential: TenantConfig['credential'];
  readonly graph: Graph;
}

/** It outlives its configuration, so it must hold nothing of it but this. */
function makeWatch({ name, credential, graph, metrics, log, clock }: WatchParts) {
  const warn = (message: string) => log.warn(message);
  const known: { ends?: Date } = {};
  const tell = (ends: Date) => {
    known.ends = ends;
    metrics.credentialEnds(name, ends);
  };
  return { known, watch: watchExpiry({ credential, call: graph.call, clock, warn, tell }) };
}
