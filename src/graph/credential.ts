import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import { isGuid } from '../lib/guid.ts';
import { type Cloud, isKnownAuthority } from './clouds.ts';
import type { Credential } from './credential-kinds.ts';
import { errorFromCredential, GraphError } from './errors.ts';
import { readTenantId } from './roles.ts';
import { errorFromTransport, type Transport } from './transport.ts';

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
        const ask = () => credential.getToken(`${cloud.graphUrl}/.default`, { abortSignal: signal });
        const { token } = (await untilAborted(ask, signal))!;
        refuseOtherTenant(token, options);
        return token;
      } catch (error) {
        if (error instanceof GraphError) {
          throw error;
        }
        throw signal.aborted ? errorFromTransport(error, signal) : errorFromCredential(error);
      }
    },
    forget: () => {
      credential = createCredential(options);
    },
  };
}

/** MSAL passes the signal on to nobody: what it waits for can take as long as its host likes. */
async function untilAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener('abort', giveUp);
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * A machine's identity is of the tenant that the machine is in, whatever the configuration says; files of that tenant must not appear under
 * the name of another. The other credentials name the tenant themselves.
 */
function refuseOtherTenant(token: string, { tenantId, credential }: TokenSourceOptions): void {
  const actual = credential.kind === 'managed-identity' ? readTenantId(token) : undefined;
  if (actual !== undefined && isGuid(tenantId) && actual.toLowerCase() !== tenantId.toLowerCase()) {
    throw new GraphError(
      'credential',
      `the managed identity belongs to the tenant ${actual}, not to ${tenantId}; check tenantId, or use a credential of that tenant`,
    );
  }
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
