import type { Config } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import { watchExpiry } from '../graph/credential-expiry.ts';
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
    const make = () => ({
      watch: watchExpiry({
        credential,
        call: graph.call,
        clock,
        warn: message => own.warn(message),
        tell: ends => metrics.credentialEnds(name, ends),
      }),
    });
    const { watch } = keep.use('expiry of a credential', [graph, name, credential], make, {
      end: each => each.watch?.stop(),
      isBackground: true,
    });
    return watch ?? [];
  });
}
