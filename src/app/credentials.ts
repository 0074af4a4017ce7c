import type { Config } from '../config/load.ts';
import type { Tenants } from '../graph/connect.ts';
import { watchExpiry } from '../graph/credential-expiry.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Repeating } from '../lib/repeating.ts';
import type { MountMetrics } from '../metrics/mounts.ts';

/** Creates the watches over the end of each tenant's credential. */
export function watchCredentials(
  config: Config,
  { tenants, metrics, log, clock }: { tenants: Tenants; metrics: MountMetrics; log: Log; clock: Clock },
): Repeating[] {
  return config.tenants.flatMap(({ name, credential }) => {
    const own = config.tenants.length === 1 ? log : log.child({ tenant: name });
    const watch = watchExpiry({
      credential,
      call: tenants.graphOf(name).call,
      clock,
      warn: message => own.warn(message),
      tell: ends => metrics.credentialEnds(name, ends),
    });
    return watch ?? [];
  });
}
