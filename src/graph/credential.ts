import { ClientSecretCredential } from '@azure/identity';
import type { Cloud } from './clouds.ts';
import { errorFromCredential } from './errors.ts';
import { errorFromTransport, type Transport } from './transport.ts';

export interface ClientSecret {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Where access tokens come from. */
export interface TokenSource {
  /** A token, from memory while it is good. Throws GraphError `credential`. */
  token(signal: AbortSignal): Promise<string>;
  /** Forgets the token in memory: Graph has refused it, or consent has changed. */
  forget(): void;
}

/** App-only tokens by client secret (Entra docs, "OAuth 2.0 client credentials flow"). */
export function createTokenSource(secret: ClientSecret, cloud: Cloud, transport: Transport): TokenSource {
  const make = () =>
    new ClientSecretCredential(secret.tenantId, secret.clientId, secret.clientSecret, {
      authorityHost: cloud.authorityHost,
      httpClient: transport.httpClient,
      retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
    });
  let credential = make();
  return {
    token: async signal => {
      try {
        const { token } = await credential.getToken(`${cloud.graphUrl}/.default`, { abortSignal: signal });
        return token;
      } catch (error) {
        throw signal.aborted ? errorFromTransport(error, signal) : errorFromCredential(error);
      }
    },
    forget: () => {
      credential = make();
    },
  };
}
