import type { CloudName } from './cloud-names.ts';
import type { Credential } from './credential-kinds.ts';

/** One tenant, and how we authenticate to it. */
export interface TenantOptions {
  /** The name that mounts refer to. */
  readonly name: string;
  readonly cloud: CloudName;
  /** GUID or domain. */
  readonly tenantId: string;
  readonly credential: Credential;
  /** An origin that replaces the cloud's token host. */
  readonly authorityHost?: string | undefined;
  /** An origin that replaces the cloud's Graph. */
  readonly graphUrl?: string | undefined;
  /** Further hosts of pre-authenticated URLs. */
  readonly contentHosts: readonly string[];
}
