import type { Secret } from '../lib/secret.ts';

/** How the application authenticates to Microsoft. */
export type Credential =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: Secret }
  /** The certificate and its unencrypted key, both in PEM. */
  | { readonly kind: 'certificate'; readonly clientId: string; readonly pem: Secret }
  /** Azure identifies this machine; without a client id, by its system-assigned identity. */
  | { readonly kind: 'managed-identity'; readonly clientId: string | undefined }
  /** A token from another issuer, which keeps it up to date in a file. */
  | { readonly kind: 'workload-identity'; readonly clientId: string; readonly tokenFile: string };

interface CredentialTraits {
  /** Azure's local endpoint issues the tokens, for the machine's own tenant. */
  readonly isOfMachine: boolean;
}

/** The traits of each kind. A kind without a line does not compile. */
export const CREDENTIAL_TRAITS = {
  secret: { isOfMachine: false },
  certificate: { isOfMachine: false },
  'managed-identity': { isOfMachine: true },
  'workload-identity': { isOfMachine: false },
} as const satisfies Record<Credential['kind'], CredentialTraits>;
