import { createHash } from 'node:crypto';
import type { TokenRequest } from './client-authentication.ts';
import { now } from './exchange.ts';
import { grantPerson, readPersonClient } from './grant-person.ts';
import type { Authority } from './login-tenant.ts';
import { unseal } from './sealed.ts';
import type { Challenge, Scopes, Session } from './sign-in.ts';
import { invalidClient, invalidGrant, isRefusal, type Refusal } from './token-refusal.ts';

/** The contents of a code. */
export interface CodeClaims {
  readonly id: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly session: Session;
  readonly scopes: Scopes;
  readonly nonce: string | null;
  readonly challenge: Challenge | undefined;
  /** Milliseconds since 1970. */
  readonly ends: number;
}

/**
 * `grant_type=authorization_code` (learn, "OAuth 2.0 authorization code flow"): a code is valid once, and only
 * for the request that it answers.
 */
export function grantAuthorizationCode(request: TokenRequest): object | Refusal {
  const { exchange, form } = request;
  const client = readPersonClient(request, ['code', 'redirect_uri']);
  if (isRefusal(client)) {
    return client;
  }
  const code = unseal<CodeClaims>('code', form.get('code')!.replace(/^1\./, ''), exchange.world.keys.secret);
  if (code === undefined) {
    return invalidGrant(9002313, 'Invalid request. Request is malformed or invalid.');
  }
  const refusal = checkCode(request, client.authority, code);
  if (refusal !== undefined) {
    return refusal;
  }
  exchange.world.signIns.redeem(code.id, { ends: code.ends, now: now(exchange) });
  const { session, scopes, nonce } = code;
  return grantPerson(request, { ...client, session, scopes, nonce });
}

function checkCode({ exchange, form }: TokenRequest, authority: Authority, code: CodeClaims): Refusal | undefined {
  if (code.clientId !== form.get('client_id')) {
    return invalidGrant(70000, "The provided value for the 'code' parameter is not valid.");
  }
  if ('tenant' in authority && authority.tenant.id !== code.session.tenantId) {
    return invalidGrant(
      700005,
      'Provided Authorization Code is intended to use against other tenant, thus rejected. OAuth2 Authorization Code must be redeemed against same tenant it was acquired for (/common or /{tenant-ID} as appropriate).',
    );
  }
  if (exchange.world.signIns.isRedeemed(code.id)) {
    const text =
      'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.';
    return invalidGrant(54005, text);
  }
  if (code.ends <= now(exchange)) {
    const text =
      'The provided authorization code or refresh token has expired due to inactivity. Send a new interactive authorization request for this user and resource.';
    return invalidGrant(70008, text);
  }
  return checkRedirect(form, code) ?? checkVerifier(form.get('code_verifier'), code.challenge);
}

function checkRedirect(form: URLSearchParams, { redirectUri }: CodeClaims): Refusal | undefined {
  const given = form.get('redirect_uri');
  return given === redirectUri
    ? undefined
    : invalidClient(
        500112,
        `The reply address '${given}' does not match the reply address '${redirectUri}' provided when requesting Authorization code.`,
      );
}

/**
 * RFC 7636 §4.6. A verifier without a challenge proves that somebody has removed the challenge (RFC 9700 §2.1.1).
 */
function checkVerifier(verifier: string | null, challenge: Challenge | undefined): Refusal | undefined {
  if (verifier === null) {
    const text = 'The code_verifier does not match the code_challenge supplied in the authorization request for PKCE.';
    return challenge === undefined ? undefined : invalidGrant(50148, text);
  }
  const digest = createHash('sha256').update(verifier).digest('base64url');
  const isRight = challenge !== undefined && challenge.value === (challenge.method === 'S256' ? digest : verifier);
  const text = 'The Code_Verifier does not match the code_challenge supplied in the authorization request.';
  return isRight ? undefined : invalidGrant(501481, text);
}
