import type { CloudName } from '../graph/cloud-names.ts';
import { connectTenant } from '../graph/connect.ts';
import type { Credential } from '../graph/credential-kinds.ts';
import type { Graph } from '../graph/graph.ts';
import { readRoles } from '../graph/roles.ts';
import type { Clock } from '../lib/clock.ts';

const NAME = 'default';
/** The configuration's default. */
const MAX_CONCURRENT_REQUESTS = 16;

/** The application in the tenant, as far as it is known. */
export interface Registration {
  readonly cloud: CloudName;
  /** GUID or domain. */
  readonly tenantId: string;
  readonly credential: Credential;
}

/** The settings that do not depend on the answers: the proxy, its CA, and hosts that replace Microsoft's. */
export interface Outbound {
  readonly proxy: string | undefined;
  readonly caPem: string | undefined;
  readonly authorityHost: string | undefined;
  readonly graphUrl: string | undefined;
}

/** A way to Graph as this application. */
export interface Access {
  readonly graph: Graph;
  /** Returns the roles of a new token; only new ones show consent. Throws GraphError `credential`. */
  roles(signal: AbortSignal): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function openAccess({ cloud, tenantId, credential }: Registration, outbound: Outbound, clock: Clock): Access {
  const { proxy, caPem, authorityHost, graphUrl } = outbound;
  const { graph, transport } = connectTenant(
    { name: NAME, cloud, tenantId, credential, authorityHost, graphUrl, contentHosts: [] },
    { outbound: { proxy, caPem }, graph: { maxConcurrentRequests: MAX_CONCURRENT_REQUESTS } },
    clock,
  );
  return {
    graph,
    roles: async signal => {
      graph.tokens.forget();
      return readRoles(await graph.tokens.token(signal));
    },
    close: () => transport.close(),
  };
}
