import type { Config, TenantConfig } from '../config/load.ts';
import { createTenantGraph, joinTenants, type Tenants } from '../graph/connect.ts';
import { TenantFences } from '../graph/fence.ts';
import type { Graph } from '../graph/graph.ts';
import type { GraphObserver } from '../graph/observer.ts';
import type { Transport } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';

interface TenantParts {
  readonly transport: Transport;
  /** Who is told of a tenant's requests. */
  readonly observerOf: (tenant: string) => GraphObserver;
  readonly keep: Keep;
  readonly clock: Clock;
}

/** Creates a client for each tenant, or adopts the one that has the same settings; sends no request yet. */
export function createTenants(config: Config, parts: TenantParts): Tenants {
  const graphs = config.tenants.map(tenant => [tenant.name, graphOf(tenant, config, parts)] as const);
  return joinTenants(parts.transport, new Map(graphs));
}

/** The gates know what Microsoft has asked of this application in this tenant, whatever credential it has now. */
function graphOf(
  tenant: TenantConfig,
  { graph: { maxConcurrentRequests } }: Config,
  { transport, observerOf, keep, clock }: TenantParts,
): Graph {
  const { credential, ...place } = tenant;
  const fences = keep.use(
    'gates of a tenant',
    [place, credential.clientId],
    () => new TenantFences(clock, maxConcurrentRequests),
  );
  keep.whenTaken(() => fences.limit(maxConcurrentRequests));
  return keep.use('client of a tenant', [tenant, fences], () =>
    createTenantGraph(tenant, { transport, fences, maxConcurrentRequests, observer: observerOf(tenant.name), clock }),
  );
}
