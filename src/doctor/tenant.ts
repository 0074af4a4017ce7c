import type { TenantConfig } from '../config/load.ts';
import type { Cloud } from '../graph/clouds.ts';
import type { Graph } from '../graph/graph.ts';
import { readRoles } from '../graph/roles.ts';
import type { Transport } from '../graph/transport.ts';
import type { Clock } from '../lib/clock.ts';
import { Traffic } from './traffic.ts';

/** Microsoft's pages about this application; undefined where it is not a registered one. */
export interface TenantLinks {
  /** The page where an administrator consents. */
  readonly consent: string | undefined;
  /** Its secrets and certificates. */
  readonly credentials: string | undefined;
  /** Its redirect URIs. */
  readonly authentication: string | undefined;
  /** The permissions that it asks for. */
  readonly permissions: string | undefined;
}

/** A tenant of the configuration, with its Graph client. */
export interface TenantUnderTest {
  readonly config: TenantConfig;
  readonly cloud: Cloud;
  /** Its name where there are several, for people. */
  readonly label: string | undefined;
  readonly graph: Graph;
  readonly transport: Transport;
  readonly traffic: Traffic;
  readonly links: TenantLinks;
  /** Returns the permissions of the token. Throws GraphError `credential`. */
  roles(signal: AbortSignal): Promise<readonly string[]>;
}

export interface TenantParts extends Pick<TenantUnderTest, 'config' | 'cloud' | 'label' | 'links'> {
  /** Connects to the tenant and reports each answer to `traffic`. */
  readonly connect: (traffic: Traffic) => { graph: Graph; transport: Transport };
  readonly clock: Clock;
}

export function openTenant({ connect, clock, ...rest }: TenantParts): TenantUnderTest {
  const traffic = new Traffic(clock);
  const { graph, transport } = connect(traffic);
  const roles = async (signal: AbortSignal) => readRoles(await graph.tokens.token(signal));
  return { ...rest, graph, transport, traffic, roles };
}

/** Replaces keys of `tenant` in a sentence by the keys of this tenant. */
export function inTenant(sentence: string, { label }: Pick<TenantUnderTest, 'label'>): string {
  return label === undefined ? sentence : sentence.replaceAll(/\btenant\.(?=[a-z])/g, `tenants.${label}.`);
}
