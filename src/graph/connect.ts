import { type Clock, systemClock } from '../lib/clock.ts';
import { VERSION } from '../lib/version.ts';
import { cloudOf } from './clouds.ts';
import { createGraph, type Graph } from './graph.ts';
import type { TenantOptions } from './tenant-options.ts';
import { createTransport, type Transport, type TransportOptions } from './transport.ts';

/**
 * Microsoft asks for this form, and slows down traffic that does not have it (SharePoint docs, "Avoid getting
 * throttled").
 */
const USER_AGENT = `NONISV|onedrive-webdav|onedrive-webdav/${VERSION}`;

/** What a configuration says of the way to Microsoft. */
export interface ConnectOptions {
  readonly tenants: readonly TenantOptions[];
  readonly outbound: Pick<TransportOptions, 'onAnswer'> & {
    readonly proxy: string | undefined;
    readonly caPem: string | undefined;
  };
  /** The bound is that of each tenant: Microsoft counts by application and tenant. */
  readonly graph: { readonly maxConcurrentRequests: number };
}

/** All tenants, by one way out of this process. */
export interface Tenants {
  readonly transport: Transport;
  /** Throws when no tenant has the name. */
  graphOf(name: string): Graph;
  /** Seconds for which Microsoft wants no requests of one of them; 0 when it takes all. */
  quietSeconds(): number;
}

/** Opens the way out and makes a client for each tenant; asks nothing yet. The transport is the caller's to close. */
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

/** The way to one tenant, which the caller closes. */
export interface TenantLink extends Pick<Tenants, 'transport'> {
  readonly graph: Graph;
}

/** Opens a way out of its own for one tenant; asks nothing yet. */
export function connectTenant(
  tenant: TenantOptions,
  way: Pick<ConnectOptions, 'outbound' | 'graph'>,
  clock: Clock = systemClock,
): TenantLink {
  const { transport, graphOf } = connectTenants({ ...way, tenants: [tenant] }, clock);
  return { transport, graph: graphOf(tenant.name) };
}

/** The one tenant that a command is about: the named one, or the only one. Throws when it has to be named. */
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
