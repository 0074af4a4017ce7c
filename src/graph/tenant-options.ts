import type { CloudName } from './cloud-names.ts';
import type { Credential } from './credential-kinds.ts';

/** One tenant, and how we prove to it who we are. */
export interface TenantOptions {
  /** Mounts refer to it. */
  readonly name: string;
  readonly cloud: CloudName;
  /** GUID or domain. */
  readonly tenantId: string;
  readonly credential: Credential;
  /** An origin instead of the cloud's own host for tokens. */
  readonly authorityHost?: string | undefined;
  /** An origin instead of the cloud's own Graph. */
  readonly graphUrl?: string | undefined;
  /** Further hosts of pre-authenticated URLs. */
  readonly contentHosts: readonly string[];
}
