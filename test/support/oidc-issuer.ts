import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { type Configuration, errors, type Grant, Provider } from 'oidc-provider';

/** A user of the provider. Claims besides these two are given as they are. */
export interface OidcPerson {
  /** The subject. */
  readonly sub: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly name?: string;
  readonly preferred_username?: string;
  readonly groups?: readonly string[];
  readonly [claim: string]: unknown;
}

export interface OidcIssuerOptions {
  readonly people: readonly OidcPerson[];
  readonly redirectUris?: readonly string[];
  /** In PEM: HTTPS then, and HTTP without it. Always on 127.0.0.1, at a free port. */
  readonly tls?: { readonly key: string; readonly certificate: string };
  readonly accessTokenSeconds?: number;
}

export interface OidcIssuer {
  /** The issuer, and the start of all its addresses. */
  readonly url: string;
  /** A confidential client; `secondClientId` is another application of the same issuer. */
  readonly clientId: string;
  readonly clientSecret: string;
  readonly secondClientId: string;
  /** How often the keys were asked for. */
  readonly keyRequests: number;
  /** Who signs in, without a page, at the next authorization request; undefined: a page with a button for each person. */
  signInAs(sub: string | undefined): void;
  setPeople(people: readonly OidcPerson[]): void;
  /** A real access token of this provider (RFC 9068), for one of its people and a resource. */
  accessToken(token: AccessTokenSpec): Promise<string>;
  /** Signs any claims with the provider's current key, as somebody with its key could. */
  sign(claims: JWTPayload, header?: Record<string, unknown>): Promise<string>;
  /** The public part of the current key. */
  publicKey(): JWK;
  /** Replaces the signing key; the old one is no longer published. */
  rotateKeys(): Promise<void>;
  /** While broken, every address answers 500. */
  setBroken(broken: boolean): void;
  close(): Promise<void>;
}

export interface AccessTokenSpec {
  readonly sub: string;
  /** The resource indicator, which becomes the audience (RFC 8707). */
  readonly audience: string;
  readonly scope?: string;
  /** The provider's first client by default. */
  readonly clientId?: string;
}

const CLIENT_ID = 'onedrive-webdav';
const CLIENT_SECRET = 'a-secret-of-the-test-issuer-only-0123456789';
const SECOND_CLIENT_ID = 'another-application';
const SCOPES = ['openid', 'profile', 'email', 'groups', 'offline_access', 'access_as_user'];
const CLAIMS = { email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'] };

/**
 * An OpenID provider that is not ours (`oidc-provider`): code flow with PKCE, JWT access tokens for any resource,
 * and keys that can be replaced.
 */
export async function startOidcIssuer(options: OidcIssuerOptions): Promise<OidcIssuer> {
  let answer: (request: IncomingMessage, response: ServerResponse) => void = (_request, response) => response.end();
  const server =
    options.tls === undefined
      ? createHttpServer((request, response) => answer(request, response))
      : createHttpsServer({ key: options.tls.key, cert: options.tls.certificate }, (request, response) =>
          answer(request, response),
        );
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;

  let people = options.people;
  let chosen: string | undefined;
  let isBroken = false;
  let keyRequests = 0;
  let key = await newKey();
  const build = () => createProvider(url, { options, key, findPerson: sub => people.find(each => each.sub === sub) });
  let provider = build();
  answer = (request, response) => {
    const path = request.url ?? '/';
    keyRequests += path === '/jwks' ? 1 : 0;
    if (isBroken) {
      response.writeHead(500).end('broken');
    } else if (path.startsWith('/interaction/')) {
      void interact(provider, { request, response, people, chosen });
    } else {
      void provider.callback()(request, response);
    }
  };
  return {
    ...{ url, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET, secondClientId: SECOND_CLIENT_ID },
    get keyRequests() {
      return keyRequests;
    },
    signInAs: sub => {
      chosen = sub;
    },
    setPeople: given => {
      people = given;
    },
    accessToken: spec => issueAccessToken(provider, spec),
    sign: async (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: key.public.kid!, typ: 'at+jwt', ...header })
        .sign(key.private),
    publicKey: () => key.public,
    rotateKeys: async () => {
      key = await newKey();
      provider = build();
    },
    setBroken: broken => {
      isBroken = broken;
    },
    close: async () => {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface IssuerKey {
  readonly private: CryptoKey;
  readonly public: JWK;
  /** Both parts, for the provider. */
  readonly whole: JWK;
}

async function newKey(): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const names = { kid: crypto.randomUUID(), alg: 'RS256', use: 'sig' };
  return {
    private: privateKey,
    public: { ...(await exportJWK(publicKey)), ...names },
    whole: { ...(await exportJWK(privateKey)), ...names },
  };
}

interface ProviderParts {
  readonly options: OidcIssuerOptions;
  readonly key: IssuerKey;
  readonly findPerson: (sub: string) => OidcPerson | undefined;
}

function createProvider(url: string, { options, key, findPerson }: ProviderParts): Provider {
  const redirectUris = [...(options.redirectUris ?? [])];
  const lifetime = options.accessTokenSeconds ?? 3_600;
  const configuration: Configuration = {
    clients: [
      { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: redirectUris, ...grantsOf(redirectUris) },
      { client_id: SECOND_CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [], ...grantsOf([]) },
    ],
    jwks: { keys: [key.whole] },
    cookies: { keys: ['a key of the test issuer only'] },
    scopes: SCOPES,
    claims: { openid: ['sub'], ...CLAIMS },
    // As Keycloak and Authentik do: the claims of the scopes are in the ID token.
    conformIdTokenClaims: false,
    findAccount: (_context, sub) => {
      const person = findPerson(sub);
      return person && { accountId: sub, claims: () => ({ ...person }) };
    },
    extraTokenClaims: (_context, token) => {
      const { sub: _sub, ...claims } = ('accountId' in token && findPerson(String(token.accountId))) || { sub: '' };
      return claims;
    },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => [],
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => resourceServer(resource, lifetime),
      },
    },
    ttl: {
      AccessToken: lifetime,
      AuthorizationCode: 60,
      Grant: 3_600,
      IdToken: 3_600,
      Interaction: 600,
      Session: 3_600,
    },
  };
  return withoutWarning('in-memory adapter', () => new Provider(url, configuration));
}

/** Everything in memory is what a test wants. */
function withoutWarning<T>(about: string, act: () => T): T {
  const { warn } = console;
  console.warn = (...texts: unknown[]) => (String(texts[0]).includes(about) ? undefined : warn(...texts));
  try {
    return act();
  } finally {
    console.warn = warn;
  }
}

/** A client without an address to return to cannot use the code flow. */
function grantsOf(redirectUris: readonly string[]) {
  return redirectUris.length > 0
    ? { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code' as const] }
    : { grant_types: [], response_types: [] };
}

function resourceServer(audience: string, lifetime: number) {
  return {
    ...{ audience, scope: SCOPES.join(' '), accessTokenTTL: lifetime, accessTokenFormat: 'jwt' as const },
    jwt: { sign: { alg: 'RS256' as const } },
  };
}

async function issueAccessToken(
  provider: Provider,
  { sub, audience, scope = 'access_as_user', clientId = CLIENT_ID }: AccessTokenSpec,
): Promise<string> {
  const client = await provider.Client.find(clientId);
  const token = new provider.AccessToken({
    accountId: sub,
    client: client!,
    scope,
    grantId: crypto.randomUUID(),
    gty: 'authorization_code',
  });
  token.resourceServer = new provider.ResourceServer(audience, resourceServer(audience, 3_600));
  return token.save();
}

interface Interaction {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly people: readonly OidcPerson[];
  readonly chosen: string | undefined;
}

/** Signs the chosen person in and consents to everything; without one it shows a page with a button for each. */
async function interact(provider: Provider, { request, response, people, chosen }: Interaction): Promise<void> {
  try {
    const details = await provider.interactionDetails(request, response);
    const pressed = new URL(request.url!, 'http://issuer.invalid').searchParams.get('as') ?? undefined;
    const accountId = pressed ?? chosen;
    if (accountId === undefined) {
      const buttons = people.map(({ sub, name }) => `<button name="as" value="${sub}">${name ?? sub}</button>`);
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
      response.end(`<!doctype html><title>Sign in</title><form>${buttons.join('')}</form>`);
      return;
    }
    const { params } = details;
    const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
    grantAll(grant, params);
    const result = { login: { accountId }, consent: { grantId: await grant.save() } };
    await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  } catch (error) {
    response.writeHead(error instanceof errors.OIDCProviderError ? 400 : 500).end(String(error));
  }
}

function grantAll(grant: Grant, { scope, resource }: { scope?: unknown; resource?: unknown }): void {
  const scopes = String(scope ?? 'openid');
  grant.addOIDCScope(scopes);
  for (const each of [resource ?? []].flat()) {
    grant.addResourceScope(String(each), scopes);
  }
}
