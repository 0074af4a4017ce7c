import type { Config } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import { watchExpiry } from '../graph/credential-expiry.ts';
import type { Metrics } from '../http/metrics.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Repeating } from '../lib/repeating.ts';

export interface CredentialParts {
  readonly tenants: Tenants;
  readonly metrics: Metrics;
  /** Gets the ends, as they become known. */
  readonly ends: Map<string, Date>;
  readonly log: Log;
  readonly clock: Clock;
}

/** Creates the watches over the end of each tenant's credential. */
export function watchCredentials(
  config: Config,
  { tenants, metrics, ends: known, log, clock }: CredentialParts,
): Repeating[] {
  return config.tenants.flatMap(({ name, credential }) => {
    const own = config.tenants.length === 1 ? log : log.child({ tenant: name });
    const watch = watchExpiry({
      credential,
      call: tenants.graphOf(name).call,
      clock,
      warn: message => own.warn(message),
      tell: ends => {
        known.set(name, ends);
        metrics.credentialEnds(name, ends);
      },
    });
    return watch ?? [];
  });
}
