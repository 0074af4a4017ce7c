import type { HttpClient } from '@azure/core-rest-pipeline';
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { Clock } from '../lib/clock.ts';
import { isGuid } from '../lib/guid.ts';
import { type Cloud, isKnownAuthority } from './clouds.ts';
import { CREDENTIAL_TRAITS, type Credential } from './credential-kinds.ts';
import { errorFromCredential, GraphError } from './errors.ts';
import { readTenantId } from './roles.ts';
import { createTokenHost } from './token-host.ts';
import { errorFromTransport, type Transport } from './transport.ts';

const IMDS_RETRIES = { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 };

/** Where access tokens come from. */
export interface TokenSource {
  /** A token, from memory while it is good. Throws GraphError `credential`, or `throttled` while its host is busy. */
  token(signal: AbortSignal): Promise<string>;
  /**
   * Forgets the token in memory: Graph has refused it, or consent has changed. Not that of a managed identity: MSAL
   * keeps those for the whole process, and Azure would give the same one for up to a day (learn, "managed identities:
   * token caching").
   */
  forget(): void;
  /** Seconds for which the host that tokens come from wants no requests; 0 when it takes them. */
  quietSeconds(): number;
}

export interface TokenSourceOptions {
  readonly tenantId: string;
  readonly credential: Credential;
  readonly cloud: Cloud;
  readonly transport: Transport;
  readonly clock: Clock;
}

/** App-only tokens (Entra docs, "OAuth 2.0 client credentials flow"). */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { cloud, transport, clock } = options;
  const isLocal = CREDENTIAL_TRAITS[options.credential.kind].isOfMachine;
  const host = createTokenHost(isLocal ? transport.localHttpClient : transport.httpClient, clock);
  let credential = createCredential(options, host.httpClient);
  return {
    token: async signal => {
      try {
        const ask = () => credential.getToken(`${cloud.graphUrl}/.default`, { abortSignal: signal });
        const { token } = (await host.explain(() => untilAborted(ask, signal)))!;
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
      credential = createCredential(options, host.httpClient);
    },
    quietSeconds: () => host.quietSeconds(),
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
 * A machine's identity is of the tenant that the machine is in, whatever the configuration says; files of that tenant
 * must not appear under the name of another. The other credentials name the tenant themselves.
 */
function refuseOtherTenant(token: string, { tenantId, credential }: TokenSourceOptions): void {
  const actual = CREDENTIAL_TRAITS[credential.kind].isOfMachine ? readTenantId(token) : undefined;
  if (actual !== undefined && isGuid(tenantId) && actual.toLowerCase() !== tenantId.toLowerCase()) {
    throw new GraphError(
      'credential',
      `the managed identity belongs to the tenant ${actual}, not to ${tenantId}; check tenantId, or use a credential of that tenant`,
    );
  }
}

function createCredential(
  { tenantId, credential, cloud }: TokenSourceOptions,
  httpClient: HttpClient,
): TokenCredential {
  // Tries are made underneath (token-host.ts).
  const retryOptions = { maxRetries: 0 };
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
      // What it asks again are answers that mean "not yet" on this machine only: 404 and 410 (Azure docs, IMDS).
      const here = { ...options, retryOptions: IMDS_RETRIES };
      return new ManagedIdentityCredential(clientId === undefined ? here : { ...here, clientId });
    }
    case 'workload-identity': {
      const { clientId, tokenFile } = credential;
      return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: tokenFile });
    }
  }
}
