import { type Clock, systemClock } from '../lib/clock.ts';
import { VERSION } from '../lib/version.ts';
import { cloudOf } from './clouds.ts';
import { createGraph, type Graph, type GraphOptions } from './graph.ts';
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
  const transport = openTransport(options);
  const parts = { transport, ...options.graph, clock };
  const graphs = options.tenants.map(tenant => [tenant.name, createTenantGraph(tenant, parts)] as const);
  return joinTenants(transport, new Map(graphs));
}

/** Opens the way to Microsoft; sends no request yet. */
export function openTransport({ outbound }: Pick<ConnectOptions, 'outbound'>): Transport {
  return createTransport({ ...outbound, userAgent: USER_AGENT });
}

/** Creates the client of one tenant; sends no request yet. */
export function createTenantGraph(
  tenant: TenantOptions,
  parts: Pick<
    GraphOptions,
    'transport' | 'fences' | 'maxConcurrentRequests' | 'clock' | 'credentials' | 'onTokenAnswer' | 'observer'
  >,
): Graph {
  return createGraph({
    cloud: cloudOf(tenant.cloud, tenant),
    tenantId: tenant.tenantId,
    credential: tenant.credential,
    extraContentHosts: tenant.contentHosts,
    ...parts,
  });
}

/** Joins the clients of tenants, by name. */
export function joinTenants(transport: Transport, graphs: ReadonlyMap<string, Graph>): Tenants {
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
