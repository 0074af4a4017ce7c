import type { CloudName } from '../graph/cloud-names.ts';
import type { Credential } from '../graph/credential-kinds.ts';

/** Which kind of credential, and what the flags say of it. */
export type CredentialKind = Credential['kind'] | 'new-certificate';

/** What the flags have said. What they have not is asked, or has its default. */
export interface SetupOptions {
  readonly config: string;
  readonly cloud?: CloudName;
  readonly tenant?: string;
  readonly clientId?: string;
  /** `-` is standard input. */
  readonly clientSecretFile?: string;
  readonly clientSecretEnv?: string;
  readonly certificateFile?: string;
  readonly certificatePasswordFile?: string;
  readonly newCertificate?: boolean;
  /** True for the one that the system has assigned, else a client id. */
  readonly managedIdentity?: true | string;
  readonly workloadIdentity?: boolean;
  readonly federatedTokenFile?: string;
  readonly authorityHost?: string;
  readonly graphUrl?: string;
  readonly skipConsent?: boolean;
  readonly consentPort: number;
  readonly consentTimeout: number;
  /** Where a browser finds the consent page, when that is not the login host: for an emulated Microsoft. */
  readonly consentBase?: string;
  readonly publicUrl?: string;
  readonly readOnly?: boolean;
  readonly all?: boolean;
  readonly match?: readonly string[];
  readonly exclude?: readonly string[];
  readonly group?: string;
  readonly mount?: readonly string[];
  readonly user?: string;
  readonly userPasswordFile?: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly dataDir?: string;
  readonly outboundProxy?: string;
  readonly caFile?: string;
  readonly contentHost?: readonly string[];
  readonly force?: boolean;
  readonly dryRun?: boolean;
}
