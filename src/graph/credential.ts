import type { HttpClient } from '@azure/core-rest-pipeline';
import {
  type AccessToken,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from '@azure/identity';
import type { Clock } from '../lib/clock.ts';
import { isGuid } from '../lib/guid.ts';
import { type Cloud, isKnownAuthority } from './clouds.ts';
import { createAsking } from './credential-choice.ts';
import { CREDENTIAL_TRAITS, type Credential } from './credential-kinds.ts';
import { errorFromCredential, GraphError } from './errors.ts';
import { Fence, MAX_TOKEN_REQUESTS } from './fence.ts';
import { type GraphObserver, NO_OBSERVER } from './observer.ts';
import { readTenantId } from './roles.ts';
import { type CredentialSource, RollingCredential } from './rolling-credential.ts';
import { createTokenHost } from './token-host.ts';
import { errorFromTransport, type Transport } from './transport.ts';

/** MSAL renews a token five minutes before its end; we ask it a minute earlier. */
const RENEW_MS = 6 * 60 * 1000;
const IMDS_RETRIES = { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 };

/** A source of access tokens. */
export interface TokenSource {
  /**
   * Returns a token, cached while it is valid. Throws GraphError `credential`, or `throttled` while the token host is
   * busy.
   */
  token(signal: AbortSignal): Promise<string>;
  /**
   * Forgets the cached token after Graph has refused it or consent has changed. Does not affect a managed identity's:
   * MSAL keeps it for the whole process, and Azure would return the same one for up to a day (learn, "managed
   * identities: token caching").
   */
  forget(): void;
  /** Returns the seconds for which the token host wants no requests; 0 when it accepts them. */
  quietSeconds(): number;
  /** Returns when the cached token was first used, in milliseconds since 1970; undefined when there is none. */
  since(): number | undefined;
}

export interface TokenSourceOptions {
  readonly tenantId: string;
  readonly credential: Credential;
  /** Where the credential comes from, if it can be replaced. */
  readonly credentials?: CredentialSource | undefined;
  /** Called with each answer of the token host: undefined for a token. */
  readonly onAnswer?: ((error: GraphError | undefined) => void) | undefined;
  readonly cloud: Cloud;
  readonly transport: Transport;
  /** The gate of the token host. Absent: its own. */
  readonly fence?: Fence;
  readonly clock: Clock;
  readonly observer?: GraphObserver | undefined;
}

/** Creates a source of app-only tokens (Entra docs, "OAuth 2.0 client credentials flow"). */
export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { cloud, transport, clock, observer = NO_OBSERVER } = options;
  const isLocal = CREDENTIAL_TRAITS[options.credential.kind].isOfMachine;
  const host = createTokenHost(
    isLocal ? transport.localHttpClient : transport.httpClient,
    options.fence ?? new Fence(clock, MAX_TOKEN_REQUESTS),
    clock,
    observer,
  );
  const { credentials = new RollingCredential(options), onAnswer = () => {} } = options;
  const scope = `${cloud.graphUrl}/.default`;
  // MSAL keeps its own tokens in each of them.
  let clients = new WeakMap<Credential, TokenCredential>();
  const clientOf = (credential: Credential) => {
    const client = clients.get(credential) ?? createCredential({ ...options, credential }, host.httpClient);
    clients.set(credential, client);
    return client;
  };
  const askBy = async (credential: Credential, signal: AbortSignal): Promise<AccessToken> => {
    try {
      const ask = () => clientOf(credential).getToken(scope, { abortSignal: signal });
      const found = (await host.explain(() => untilAborted(ask, signal)))!;
      refuseOtherTenant(found.token, options);
      return found;
    } catch (error) {
      const explained = explainFailure(error, signal);
      observer.askedForToken(explained.kind);
      throw explained;
    }
  };
  const ask = createAsking(credentials, askBy, clock);
  let known: AccessToken | undefined;
  let since: number | undefined;
  const askAndKeep = async (signal: AbortSignal): Promise<string> => {
    const asked = clients;
    try {
      const found = await ask(signal);
      if (found.token !== known?.token) {
        observer.askedForToken('issued', found.expiresOnTimestamp);
      }
      // One that was asked for before `forget` is not kept.
      if (asked === clients) {
        since = found.token === known?.token ? since : clock.now();
        known = found;
      }
      onAnswer(undefined);
      return found.token;
    } catch (error) {
      onAnswer(error as GraphError);
      throw error;
    }
  };
  let asking: Promise<string> | undefined;
  /** Those who come while one asks get the same answer, unless that one has gone. */
  const askTogether = async (signal: AbortSignal): Promise<string> => {
    if (asking === undefined || signal.aborted) {
      const own = askAndKeep(signal).finally(() => {
        asking = asking === own ? undefined : asking;
      });
      asking = own;
      return own;
    }
    const shared = asking;
    try {
      return await untilAborted(() => shared, signal);
    } catch (error) {
      const isOfOther = error instanceof GraphError && error.kind === 'aborted';
      if (isOfOther && !signal.aborted) {
        return askTogether(signal);
      }
      throw explainFailure(error, signal);
    }
  };
  return {
    token: async signal =>
      known !== undefined && isFresh(known) && !signal.aborted ? known.token : await askTogether(signal),
    forget: () => {
      known = undefined;
      since = undefined;
      asking = undefined;
      clients = new WeakMap();
    },
    quietSeconds: () => host.quietSeconds(),
    since: () => since,
  };
}

function explainFailure(error: unknown, signal: AbortSignal): GraphError {
  if (error instanceof GraphError) {
    return error;
  }
  return signal.aborted ? errorFromTransport(error, signal) : errorFromCredential(error);
}

/**
 * True while MSAL would return the same token: looking it up there costs as much as the rest of a call. By the clock of
 * the machine, as in MSAL.
 */
function isFresh({ expiresOnTimestamp, refreshAfterTimestamp = Number.POSITIVE_INFINITY }: AccessToken): boolean {
  return Date.now() < Math.min(expiresOnTimestamp - RENEW_MS, refreshAfterTimestamp);
}

/** Rejects when the signal aborts: MSAL does not pass it on, and waits as long as its host takes. */
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
 * Throws when a managed identity belongs to another tenant: it is always of the machine's tenant, whatever the
 * configuration says, and that tenant's files must not appear under another's name. Other credentials name the tenant
 * themselves.
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
  // Retries are made below this (token-host.ts).
  const retryOptions = { maxRetries: 0 };
  const { authorityHost } = cloud;
  // Otherwise each token request to a host that Microsoft does not list would first query one that it does.
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
      // It retries only 404 and 410, which mean "not yet" on this machine (Azure docs, IMDS).
      const here = { ...options, retryOptions: IMDS_RETRIES };
      return new ManagedIdentityCredential(clientId === undefined ? here : { ...here, clientId });
    }
    case 'workload-identity': {
      const { clientId, tokenFile } = credential;
      return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath: tokenFile });
    }
  }
}
