import type { CloudName } from '../graph/cloud-names.ts';
import type { Credential } from '../graph/credential-kinds.ts';

/** The kind of a credential. */
export type CredentialKind = Credential['kind'] | 'new-certificate';

/** The values of the flags. Missing ones are asked, or have defaults. */
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
  /** True for the system-assigned identity, else a client id. */
  readonly managedIdentity?: true | string;
  readonly workloadIdentity?: boolean;
  readonly federatedTokenFile?: string;
  readonly authorityHost?: string;
  readonly graphUrl?: string;
  readonly skipConsent?: boolean;
  readonly consentPort: number;
  readonly consentTimeout: number;
  /** The consent page's host, when it is not the login host: for an emulated Microsoft. */
  readonly consentBase?: string;
  readonly publicUrl?: string;
  readonly readOnly?: boolean;
  readonly all?: boolean;
  readonly match?: readonly string[];
  readonly exclude?: readonly string[];
  readonly group?: string;
  readonly mount?: readonly string[];
  /** Whether each person signs in with Microsoft, or one user with one password. */
  readonly signIn?: 'people' | 'one-user';
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
