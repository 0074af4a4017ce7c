import type { Config, TenantConfig } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import { watchExpiry } from '../graph/credential-expiry.ts';
import type { Graph } from '../graph/graph.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';

interface CredentialParts {
  readonly tenants: Tenants;
  readonly metrics: Metrics;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
}

/** Something that begins with the configuration that uses it. */
interface Starting {
  start(): void;
}

/** Creates the watches over the end of each tenant's credential. */
export function watchCredentials(config: Config, { tenants, metrics, keep, log, clock }: CredentialParts): Starting[] {
  return config.tenants.flatMap(({ name, credential }) => {
    const own = config.tenants.length === 1 ? log : log.child({ tenant: name });
    const graph = tenants.graphOf(name);
    const make = () => makeWatch({ name, credential, graph, metrics, log: own, clock });
    const { watch } = keep.use('expiry of a credential', [graph, name, credential], make, {
      end: each => each.watch?.stop(),
      isBackground: true,
    });
    return watch ?? [];
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
  const tell = (ends: Date) => metrics.credentialEnds(name, ends);
  return { watch: watchExpiry({ credential, call: graph.call, clock, warn, tell }) };
}
