import type { Exchange } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import {
  type Authority,
  authorityName,
  type Registration,
  readAuthority,
  readRegistration,
  tenantsOfHost,
} from './login-tenant.ts';
import { checkRedirect } from './redirect-uri.ts';
import { readScopes, TOO_MANY_RESOURCES } from './scopes.ts';
import type { Challenge, Prompt, ResponseMode, ReturnAddress, Scopes, SignInRequest } from './sign-in.ts';
import type { Tenant } from './tenant.ts';
import { invalidRequest, isRefusal, missingParameter, type Refusal } from './token-refusal.ts';

const MODES: readonly string[] = ['query', 'fragment', 'form_post'] satisfies ResponseMode[];
const PROMPTS: readonly string[] = ['none', 'login', 'select_account', 'consent'] satisfies Prompt[];
/**
 * Parameters that Entra knows, or may know, and the emulator does not; other unknown ones are ignored, as by
 * Entra.
 */
const NOT_MODELLED = ['max_age', 'request', 'request_uri'];
/** RFC 7636 §4.1. */
const CHALLENGE_LENGTH = /^[A-Za-z0-9._~-]{43,128}$/;

/** A refused request: shown on a page, because the redirect URI may not be the application's, or sent there. */
export interface RefusedRequest {
  readonly refusal: Refusal;
  readonly to: ReturnAddress | undefined;
}

/**
 * Reads the parameters of `/authorize` (learn, "OAuth 2.0 authorization code flow"); the order of Entra's checks is
 * not known.
 */
export function readSignInRequest(exchange: Exchange, query: URLSearchParams): SignInRequest | RefusedRequest {
  refuseNotModelled(exchange, query);
  const authority = readAuthority(exchange);
  const clientId = query.get('client_id');
  if (isRefusal(authority)) {
    return { refusal: authority, to: undefined };
  }
  const registration =
    clientId === null ? missingParameter('client_id') : readRegistration(exchange, authority, clientId);
  if (isRefusal(registration)) {
    return { refusal: registration, to: undefined };
  }
  const { application, home } = registration;
  const redirectUri = query.get('redirect_uri') ?? application.redirectUris[0] ?? '';
  const unsafe = checkRedirect(exchange, application, redirectUri) ?? checkAudience(authority);
  if (unsafe !== undefined) {
    return { refusal: unsafe, to: undefined };
  }
  const to = readReturnAddress(query, redirectUri);
  const refusal = checkParameters(query, application.clientId);
  const scopes = refusal ?? readRequestedScopes(exchange, query, { application, home });
  if (isRefusal(scopes)) {
    return { refusal: scopes, to };
  }
  return {
    ...to,
    ...{ authority: authorityName(exchange), tenants: tenantsOf(exchange, authority), application, home, scopes },
    nonce: query.get('nonce'),
    prompt: (query.get('prompt') ?? undefined) as Prompt | undefined,
    loginHint: query.get('login_hint'),
    challenge: readChallenge(query),
    wantsClientInfo: query.get('client_info') === '1',
  };
}

/**
 * Entra accepts scopes of several resources here, to ask for consent to all (learn, "OAuth 2.0 authorization code
 * flow"); the emulator does not know which of them the token is for then.
 */
function readRequestedScopes(
  { world, url }: Exchange,
  query: URLSearchParams,
  { application, home }: Registration,
): Scopes | Refusal {
  const context = { tenant: home, tenants: world.tenants, clientId: application.clientId };
  const scopes = readScopes(query.get('scope') ?? '', context);
  if (isRefusal(scopes) && scopes.code === TOO_MANY_RESOURCES) {
    throw new GraphFault(
      'notImplemented',
      `The emulator does not support scopes of several resources on ${url.pathname}.`,
    );
  }
  return scopes;
}

/**
 * Accepts MSAL's optional claims; required ones are not modelled (OpenID Connect Core §5.5).
 */
function refuseNotModelled({ url }: Exchange, query: URLSearchParams): void {
  const claims = /"essential"\s*:\s*true/.test(query.get('claims') ?? '') ? 'essential claims' : undefined;
  const notModelled = claims ?? NOT_MODELLED.find(name => query.has(name));
  if (notModelled !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not support ${notModelled} on ${url.pathname}.`);
  }
}

/** Refuses personal accounts: the emulator has none, and none of these applications accept them. */
function checkAudience(authority: Authority): Refusal | undefined {
  const text =
    'Application is configured for use by Azure Active Directory users only. Please do not use the /consumers endpoint to serve this request.';
  return authority.name === 'consumers' ? invalidRequest(9002332, text) : undefined;
}

function tenantsOf(exchange: Exchange, authority: Authority): Tenant[] {
  return 'tenant' in authority ? [authority.tenant] : tenantsOfHost(exchange);
}

/** Returns the response mode: a code is in the query by default. */
function readReturnAddress(query: URLSearchParams, redirectUri: string): ReturnAddress {
  const mode = query.get('response_mode') ?? '';
  return {
    redirectUri,
    responseMode: MODES.includes(mode) ? (mode as ResponseMode) : 'query',
    state: query.get('state'),
  };
}

function checkParameters(query: URLSearchParams, clientId: string): Refusal | undefined {
  const missing = ['response_type', 'scope'].find(name => !query.has(name));
  const [mode, prompt] = [query.get('response_mode'), query.get('prompt')];
  if (missing !== undefined) {
    return missingParameter(missing);
  }
  if (mode !== null && !MODES.includes(mode)) {
    return invalidRequest(90023, "Unsupported 'response_mode' value.");
  }
  if (prompt !== null && !PROMPTS.includes(prompt)) {
    return invalidRequest(90023, "Unsupported 'prompt' value.");
  }
  return checkResponseType(query.get('response_type')!, clientId) ?? checkChallenge(query);
}

/** Refuses tokens from this endpoint: a registration must enable them, and none here does. */
function checkResponseType(asked: string, clientId: string): Refusal | undefined {
  const types = asked.split(' ');
  if (asked === 'code') {
    return undefined;
  }
  const [code, text] = types.every(type => ['code', 'id_token', 'token'].includes(type))
    ? [700054, `response_type '${types.find(type => type !== 'code') ?? 'code'}' is not enabled for the application.`]
    : [70005, `The app '${clientId}' returned an unsupported response type '${asked}'.`];
  return { code, error: 'unsupported_response_type', status: 400, text };
}

function checkChallenge(query: URLSearchParams): Refusal | undefined {
  const challenge = query.get('code_challenge');
  const method = query.get('code_challenge_method') ?? 'plain';
  if (challenge === null) {
    return undefined;
  }
  if (method !== 'S256' && method !== 'plain') {
    return invalidRequest(50149, 'Invalid Code_Challenge_method parameter.');
  }
  return CHALLENGE_LENGTH.test(challenge)
    ? undefined
    : invalidRequest(501491, 'Invalid size of Code_Challenge parameter.');
}

function readChallenge(query: URLSearchParams): Challenge | undefined {
  const value = query.get('code_challenge');
  const method = query.get('code_challenge_method') === 'S256' ? 'S256' : 'plain';
  return value === null ? undefined : { value, method };
}
