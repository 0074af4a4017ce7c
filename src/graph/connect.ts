import { type Clock, systemClock } from '../lib/clock.ts';
import { VERSION } from '../lib/version.ts';
import { cloudOf } from './clouds.ts';
import { createGraph, type Graph } from './graph.ts';
import type { GraphObserver } from './observer.ts';
import type { TenantOptions } from './tenant-options.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

/**
 * Microsoft asks for this format, and throttles traffic without it first (SharePoint docs, "Avoid getting throttled").
 */
const USER_AGENT = `NONISV|onedrive-webdav|onedrive-webdav/${VERSION}`;

/** The configuration of the connection to Microsoft. */
export interface ConnectOptions {
  readonly tenants: readonly TenantOptions[];
  readonly outbound: Pick<TransportOptions, 'onAnswer'> & {
    readonly proxy: string | undefined;
    readonly caPem: string | undefined;
  };
  /** The limit applies to each tenant: Microsoft counts by application and tenant. */
  readonly graph: { readonly maxConcurrentRequests: number };
  /** Who is told of a tenant's requests; absent: nobody. */
  readonly observerOf?: (tenant: string) => GraphObserver;
}

/** All tenants, over one shared transport. */
export interface Tenants {
  readonly transport: Transport;
  /** Returns the tenant's client. Throws when no tenant has the name. */
  graphOf(name: string): Graph;
  /** Returns the seconds for which Microsoft wants no requests for one of the tenants; 0 when it accepts all. */
  quietSeconds(): number;
}

/**
 * Opens the transport and creates a client for each tenant; sends no request yet. The caller must close the transport.
 */
export function connectTenants(options: ConnectOptions, clock: Clock = systemClock): Tenants {
  const transport = createTransport({ ...options.outbound, userAgent: USER_AGENT });
  const graphs = new Map(
    options.tenants.map(tenant => [
      tenant.name,
      createGraph({
        cloud: cloudOf(tenant.cloud, tenant),
        tenantId: tenant.tenantId,
        credential: tenant.credential,
        transport,
        clock,
        maxConcurrentRequests: options.graph.maxConcurrentRequests,
        extraContentHosts: tenant.contentHosts,
        observer: options.observerOf?.(tenant.name),
      }),
    ]),
  );
  return {
    transport,
    quietSeconds: () => Math.max(0, ...[...graphs.values()].map(graph => graph.quietSeconds())),
    graphOf: name => {
      const graph = graphs.get(name);
      if (graph === undefined) {
        throw new Error(`there is no tenant "${name}"; there are: ${[...graphs.keys()].join(', ')}`);
      }
      return graph;
    },
  };
}

/** The connection to one tenant; the caller closes it. */
export interface TenantLink extends Pick<Tenants, 'transport'> {
  readonly graph: Graph;
}

/** Opens a separate transport for one tenant; sends no request yet. */
export function connectTenant(
  tenant: TenantOptions,
  way: Pick<ConnectOptions, 'outbound' | 'graph'>,
  clock: Clock = systemClock,
): TenantLink {
  const { transport, graphOf } = connectTenants({ ...way, tenants: [tenant] }, clock);
  return { transport, graph: graphOf(tenant.name) };
}

/**
 * Returns the tenant that a command uses: the named one, or the only one. Throws when the name is missing or unknown.
 */
export function chooseTenant<T extends { readonly name: string }>(tenants: readonly T[], name: string | undefined): T {
  const names = tenants.map(tenant => tenant.name).join(', ');
  const [only, ...others] = tenants;
  if (name === undefined && others.length > 0) {
    throw new Error(`name one of the tenants with --tenant: ${names}`);
  }
  const chosen = name === undefined ? only : tenants.find(tenant => tenant.name === name);
  if (chosen === undefined) {
    throw new Error(`there is no tenant "${name}"; there are: ${names}`);
  }
  return chosen;
}
