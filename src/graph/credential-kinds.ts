import type { Secret } from '../lib/secret.ts';

/** How we prove to Microsoft who we are. */
export type Credential =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: Secret }
  /** The certificate and its key, both in PEM, the key in the open. */
  | { readonly kind: 'certificate'; readonly clientId: string; readonly pem: Secret }
  /** Azure says who this machine is; without a client id it is the identity that the system has assigned. */
  | { readonly kind: 'managed-identity'; readonly clientId: string | undefined }
  /** A token of another issuer, which keeps it fresh in a file. */
  | { readonly kind: 'workload-identity'; readonly clientId: string; readonly tokenFile: string };

interface CredentialTraits {
  /** Azure's own host on this machine gives the tokens, and they are of the tenant that the machine is in. */
  readonly isOfMachine: boolean;
}

/** What the kinds have in common and in what they differ. A kind without a line does not compile. */
export const CREDENTIAL_TRAITS = {
  secret: { isOfMachine: false },
  certificate: { isOfMachine: false },
  'managed-identity': { isOfMachine: true },
  'workload-identity': { isOfMachine: false },
} as const satisfies Record<Credential['kind'], CredentialTraits>;
