import * as openid from 'openid-client';
import type { Clock } from '../lib/clock.ts';
import { authenticationOf, type ClientCredential, type ClientCredentials } from './client-authentication.ts';
import { explainProviderError, refusedIn } from './provider-errors.ts';
import { unavailable } from './refusal.ts';

/** A `fetch` that follows no redirects and goes the way of all outbound requests. */
export type ProviderFetch = (
  url: string,
  request?: { method?: string; headers?: Record<string, string>; body?: string | null; signal?: AbortSignal },
) => Promise<Response>;

export interface ProviderOptions {
  /** For people: `Microsoft`, or the host of another provider. */
  readonly label: string;
  /** The issuer; of Entra `{authority}/{tenant}/v2.0`, with the id of the tenant or one of its domains. */
  readonly issuer: URL;
  /** Whether it is Entra, which gives the id of the tenant as its issuer, whatever name was asked for. */
  readonly isEntra: boolean;
  readonly clientId: string;
  /** A fixed one, or where it comes from. */
  readonly credential: ClientCredential | ClientCredentials;
  readonly scope: string;
  /** Browsers are sent to this origin instead of the provider's. */
  readonly loginHost: string | null;
  readonly fetch: ProviderFetch;
  readonly clock: Clock;
}

/** What one sign-in must bring back (OpenID Connect Core §3.1.2.1, RFC 7636). */
export interface SignInChecks {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The claims of an ID token that has been checked: signature, issuer, audience, times and nonce. */
export type Claims = Readonly<Record<string, unknown>> & { readonly iss: string; readonly sub: string };

/** How long the provider's configuration counts as new, and how long it may be used when no newer one is to be had. */
const FRESH_MS = 60 * 60_000;
const USABLE_MS = 24 * FRESH_MS;
const TIMEOUT_SECONDS = 20;
const MAX_WAIT_SECONDS = 300;
/** The address of a tenant's issuer (learn, "ID token claims reference", `iss`). */
const ENTRA_ISSUER = /^https:\/\/[^/]+\/([\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12})\/v2\.0$/;
const GUID_FIRST = /^\/[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\//i;

/**
 * An OpenID provider, asked with the code flow, PKCE, state and nonce. Its configuration and keys are fetched when they
 * are needed, kept, and fetched again. All methods throw RefusedError.
 */
export class Provider {
  readonly label: string;
  readonly #options: ProviderOptions;
  readonly #credentials: ClientCredentials;
  #known: { readonly config: openid.Configuration; readonly since: number } | undefined;
  #discovering: Promise<openid.Configuration> | undefined;
  /** Until then the provider wants no requests. */
  #quietUntil = 0;
  /** The last one with a credential: it knows the keys of the provider. */
  #redeeming:
    | {
        readonly base: openid.Configuration;
        readonly credential: ClientCredential;
        readonly config: openid.Configuration;
      }
    | undefined;

  constructor(options: ProviderOptions) {
    this.label = options.label;
    this.#options = options;
    const { credential } = options;
    this.#credentials =
      'current' in credential ? credential : { current: async () => credential, instead: async () => undefined };
  }

  /** Returns the address to which the browser goes, and what it must bring back. */
  async begin(redirectUri: string): Promise<{ url: string; checks: SignInChecks }> {
    const config = await this.#config();
    const checks = {
      state: openid.randomState(),
      nonce: openid.randomNonce(),
      verifier: openid.randomPKCECodeVerifier(),
    };
    const url = openid.buildAuthorizationUrl(config, {
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: this.#options.scope,
      code_challenge: await openid.calculatePKCECodeChallenge(checks.verifier),
      code_challenge_method: 'S256',
      state: checks.state,
      nonce: checks.nonce,
    });
    return { url: this.#forBrowser(url), checks };
  }

  /** Redeems the code with which the browser has come back to `callback`. */
  async finish(callback: URL, { state, nonce, verifier }: SignInChecks): Promise<Claims> {
    const config = await this.#config();
    const redeem = async (credential: ClientCredential) => {
      const tokens = await openid.authorizationCodeGrant(await this.#withCredential(config, credential), callback, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      return { ...tokens.claims()! };
    };
    const credential = await this.#credentials.current();
    try {
      return await redeem(credential).catch(async error => {
        const other = isClientRefused(error) ? await this.#credentials.instead(credential) : undefined;
        if (other === undefined) {
          throw error;
        }
        return await redeem(other);
      });
    } catch (error) {
      throw explainProviderError(error, this.label);
    }
  }

  /** Returns where a browser signs out of the provider too; undefined when it has no such place, or none is known. */
  async endSession(returnTo: string | undefined): Promise<string | undefined> {
    const config = await this.#config().catch(() => undefined);
    if (config?.serverMetadata().end_session_endpoint === undefined) {
      return undefined;
    }
    const back: Record<string, string> = returnTo === undefined ? {} : { post_logout_redirect_uri: returnTo };
    return this.#forBrowser(openid.buildEndSessionUrl(config, { client_id: this.#options.clientId, ...back }));
  }

  #forBrowser(url: URL): string {
    const { loginHost } = this.#options;
    return loginHost === null ? url.href : `${loginHost}${url.pathname}${url.search}`;
  }

  async #config(): Promise<openid.Configuration> {
    const now = this.#options.clock.now();
    const known = this.#known;
    if (known !== undefined && now - known.since < FRESH_MS) {
      return known.config;
    }
    this.#discovering ??= this.#discover().finally(() => {
      this.#discovering = undefined;
    });
    try {
      return await this.#discovering;
    } catch (error) {
      if (known !== undefined && now - known.since < USABLE_MS) {
        return known.config;
      }
      throw error;
    }
  }

  async #discover(): Promise<openid.Configuration> {
    const { label, issuer, isEntra, clientId, clock } = this.#options;
    // The whole address: openid-client would compare the issuer with a domain in place of the tenant's id.
    const server = isEntra ? new URL(`${issuer.href}/.well-known/openid-configuration`) : issuer;
    const options = { [openid.customFetch]: this.#fetch, timeout: TIMEOUT_SECONDS, execute: this.#extensions() };
    try {
      const found = await openid.discovery(server, clientId, undefined, openid.None(), options);
      const metadata = found.serverMetadata();
      refuseForeignIssuer(metadata.issuer, this.#options);
      const config = this.#configure(metadata, openid.None());
      this.#known = { config, since: clock.now() };
      return config;
    } catch (error) {
      throw refusedIn(error) ?? unavailable(label, { cause: error });
    }
  }

  /** Returns the same configuration with a credential. */
  async #withCredential(config: openid.Configuration, credential: ClientCredential): Promise<openid.Configuration> {
    const known = this.#redeeming;
    if (known?.base === config && known.credential === credential) {
      return known.config;
    }
    const metadata = config.serverMetadata();
    const auth = await authenticationOf(credential, metadata.token_endpoint_auth_methods_supported);
    const own = this.#configure(metadata, auth);
    this.#redeeming = { base: config, credential, config: own };
    return own;
  }

  #configure(metadata: openid.ServerMetadata, auth: openid.ClientAuth): openid.Configuration {
    const config = new openid.Configuration(metadata, this.#options.clientId, undefined, auth);
    config[openid.customFetch] = this.#fetch;
    config.timeout = TIMEOUT_SECONDS;
    for (const extend of this.#extensions()) {
      extend(config);
    }
    return config;
  }

  #extensions() {
    const isPlain = this.#options.issuer.protocol === 'http:';
    return [openid.enableNonRepudiationChecks, ...(isPlain ? [openid.allowInsecureRequests] : [])];
  }

  /** Asks for nothing while the provider wants no requests. */
  readonly #fetch = async (url: string, request: object): Promise<Response> => {
    const { label, fetch, clock } = this.#options;
    const wait = this.#quietUntil - clock.now();
    if (wait > 0) {
      throw unavailable(label, { retryAfterSeconds: Math.ceil(wait / 1000) });
    }
    const response = await fetch(url, request);
    if (response.status !== 429 && response.status < 500) {
      return response;
    }
    const asked = Math.ceil(Number(response.headers.get('retry-after') ?? 0)) || 0;
    const retryAfterSeconds = Math.min(Math.max(asked, 1), MAX_WAIT_SECONDS);
    this.#quietUntil = clock.now() + retryAfterSeconds * 1000;
    await response.body?.cancel();
    throw unavailable(label, { retryAfterSeconds, cause: new Error(`it answered with status ${response.status}`) });
  };
}

/** Entra's document says which tenant it is of; that of another, or of all, would let strangers in. */
function refuseForeignIssuer(actual: string, { label, issuer, isEntra }: ProviderOptions): void {
  if (!isEntra) {
    return;
  }
  const [, tenant] = ENTRA_ISSUER.exec(actual) ?? [];
  const isOther = GUID_FIRST.test(issuer.pathname) && issuer.pathname.split('/')[1]!.toLowerCase() !== tenant;
  if (tenant === undefined || isOther) {
    throw unavailable(label, { cause: new Error(`its configuration is of the issuer ${actual}`) });
  }
}

/** The provider knows this client, but not by this credential (RFC 6749 §5.2). */
function isClientRefused(error: unknown): boolean {
  return error instanceof openid.ResponseBodyError && error.error === 'invalid_client';
}
