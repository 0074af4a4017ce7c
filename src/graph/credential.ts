import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { Secret } from '../lib/secret.ts';
import { type Cloud, isKnownAuthority } from './clouds.ts';
import { errorFromCredential } from './errors.ts';
import { errorFromTransport, type Transport } from './transport.ts';

/** How we prove to Microsoft who we are. */
export type Credential =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: Secret }
  /** The certificate and its key, both in PEM, the key in the open. */
  | { readonly kind: 'certificate'; readonly clientId: string; readonly pem: Secret }
  /** Azure says who this machine is; without a client id it is the identity that the system has assigned. */
  | { readonly kind: 'managed-identity'; readonly clientId: string | undefined }
  /** A token of another issuer, which keeps it fresh in a file. */
  | { readonly kind: 'workload-identity'; readonly clientId: string; readonly tokenFile: string };

/** Where access tokens come from. */
export interface TokenSource {
  /** A token, from memory while it is good. Throws GraphError `credential`. */
  token(signal: AbortSignal): Promise<string>;
  /**
   * Forgets the token in memory: Graph has refused it, or consent has changed. Not that of a managed identity: MSAL keeps those for the
   * whole process, and Azure would give the same one for up to a day (learn, "managed identities: token caching").
   */
  forget(): void;
}

export interface TokenSourceOptions {
  readonly tenantId: string;
  readonly credential: Credential;
  readonly cloud: Cloud;
  readonly transport: Transport;
}

/** App-only tokens (Entra docs, "OAuth 2.0 client credentials flow"). */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { cloud } = options;
  let credential = createCredential(options);
  return {
    token: async signal => {
      try {
        const answer = await credential.getToken(`${cloud.graphUrl}/.default`, { abortSignal: signal });
        return answer!.token;
      } catch (error) {
        throw signal.aborted ? errorFromTransport(error, signal) : errorFromCredential(error);
      }
    },
    forget: () => {
      credential = createCredential(options);
    },
  };
}

function createCredential({ tenantId, credential, cloud, transport }: TokenSourceOptions): TokenCredential {
  const { httpClient, localHttpClient } = transport;
  const retryOptions = { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 };
  const { authorityHost } = cloud;
  // Otherwise each token of a host that Microsoft does not list would be preceded by a question to one that it does.
  const disableInstanceDiscovery = !isKnownAuthority(authorityHost);
  const options = { authorityHost, disableInstanceDiscovery, httpClient, retryOptions };
  switch (credential.kind) {
    case 'secret':
      return new ClientSecretCredential(tenantId, credential.clientId, credential.secret.reveal(), options);
    case 'certificate': {
      const certificate = credential.pem.reveal();
      return new ClientCertificateCredential(tenantId, credential.clientId, { certificate }, options);
    }
    case 'managed-identity': {
      const { clientId } = credential;
      const here = { ...options, httpClient: localHttpClient };
      return new ManagedIdentityCredential(clientId === undefined ? here : { ...here, clientId });
    }
    case 'workload-identity': {
      const { clientId, tokenFile } = credential;
      return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: tokenFile });
    }
  }
}
