import type { Config, TenantConfig } from '../config/load.ts';
import { type CredentialPlace, rereadCredential } from '../config/tenant-credential.ts';
import { createTenantGraph, joinTenants, type Tenants } from '../graph/connect.ts';
import { TenantFences } from '../graph/fence.ts';
import type { Graph } from '../graph/graph.ts';
import type { GraphObserver } from '../graph/observer.ts';
import { RollingCredential } from '../graph/rolling-credential.ts';
import type { Transport } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { Peers } from '../state/peers.ts';
import type { Health } from './health.ts';

interface TenantParts {
  readonly transport: Transport;
  /** Who is told of a tenant's requests. */
  readonly observerOf: (tenant: string) => GraphObserver;
  readonly keep: Keep;
  readonly health: Health;
  /** They keep the silence that is asked of one of them. */
  readonly peers: Peers;
  readonly log: Log;
  readonly clock: Clock;
}

/** The tenants of one configuration, with credentials that can be replaced. */
export interface ServedTenants extends Tenants {
  /** Returns the tenant's credential. Throws when no tenant has the name. */
  credentialsOf(name: string): RollingCredential;
}

/** Creates a client for each tenant, or adopts the one that has the same settings; sends no request yet. */
export function createTenants(config: Config, parts: TenantParts): ServedTenants {
  const rolling = new Map(config.tenants.map(tenant => [tenant.name, rollingOf(tenant, parts)]));
  const credentialsOf = (name: string) => rolling.get(name)!;
  const graphs = config.tenants.map(
    tenant => [tenant.name, graphOf(tenant, config, { ...parts, credentials: credentialsOf(tenant.name) })] as const,
  );
  return { ...joinTenants(parts.transport, new Map(graphs)), credentialsOf };
}

/** What is known of a tenant besides its credential. */
function applicationOf({ credential, credentialPlace: _, ...place }: TenantConfig): readonly unknown[] {
  return [place, credential.kind, credential.clientId];
}

/** A rolled credential leaves the client, its tokens and its caches as they are. */
function rollingOf(tenant: TenantConfig, { keep, log }: TenantParts): RollingCredential {
  const warn = (message: string) => log.warn(`the credential cannot be read anew, and the old one stays: ${message}`);
  const parts = partsOf(tenant);
  const rolling = keep.use('credential of a tenant', applicationOf(tenant), () => new RollingCredential(parts, warn));
  keep.whenTaken(() => rolling.replace(parts));
  return rolling;
}

function partsOf({ credential, credentialPlace: place }: TenantConfig) {
  return { credential, read: place && reading(place) };
}

function reading(place: CredentialPlace) {
  return () => rereadCredential(place);
}

/** The gates know what Microsoft has asked of this application in this tenant, whatever credential it has now. */
function graphOf(
  tenant: TenantConfig,
  { graph: { maxConcurrentRequests } }: Config,
  {
    transport,
    observerOf,
    keep,
    clock,
    health,
    peers,
    credentials,
  }: TenantParts & { readonly credentials: RollingCredential },
): Graph {
  const { credential, credentialPlace: _, ...place } = tenant;
  const key = [place, credential.clientId];
  const name = `${tenant.tenantId} ${credential.clientId}`.toLowerCase();
  const { fences } = keep.use('gates of a tenant', key, () => sharedFences(name, clock, maxConcurrentRequests, peers), {
    end: each => each.end(),
  });
  keep.whenTaken(() => fences.limit(maxConcurrentRequests));
  const onTokenAnswer = health.ofTokens(tenant.name);
  const observer = observerOf(tenant.name);
  return keep.use('client of a tenant', [...applicationOf(tenant), fences, credentials], () =>
    createTenantGraph(tenant, {
      ...{ transport, fences, maxConcurrentRequests, credentials, onTokenAnswer },
      ...{ observer, clock },
    }),
  );
}

/** Gates that close together on all servers that share the state. */
function sharedFences(name: string, clock: Clock, maxConcurrent: number, peers: Peers) {
  const fences = new TenantFences(clock, maxConcurrent, (gate, seconds) => {
    void peers.tell('silence', { application: name, gate, seconds });
  });
  const end = peers.on('silence', ({ application, gate, seconds }) => {
    if (application === name) {
      fences.keepSilent(gate, seconds);
    }
  });
  return { fences, end };
}
