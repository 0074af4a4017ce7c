import { type Exchange, type Reply, readForm } from '../exchange.ts';
import { parseJwt } from '../jwt.ts';
import { loginErrorReply } from '../login-page.ts';
import { readAuthority, tenantsOfHost } from '../login-tenant.ts';
import { isRegistered } from '../redirect-uri.ts';
import { forgetSessions } from '../session-cookie.ts';
import { signedOutPage } from '../sign-in-page.ts';
import { isRefusal } from '../token-refusal.ts';

/**
 * `GET` or `POST /{tenant}/oauth2/v2.0/logout` (OpenID Connect RP-Initiated Logout; learn, "Send a sign-out request"):
 * signs out everybody in this browser. Redirects only to a registered `post_logout_redirect_uri`;
 * else shows a page.
 */
export async function logout(exchange: Exchange): Promise<Reply> {
  const authority = readAuthority(exchange);
  if (isRefusal(authority)) {
    return loginErrorReply(exchange, authority);
  }
  const isPost = exchange.request.method === 'POST';
  const parameters = isPost ? await readForm(exchange) : exchange.url.searchParams;
  const headers = { 'set-cookie': forgetSessions(exchange), 'cache-control': 'no-store' };
  const location = readDestination(exchange, parameters);
  return location === undefined
    ? { status: 200, headers, html: signedOutPage() }
    : { status: 302, headers: { ...headers, location } };
}

/** Returns the address with the sent state; undefined unless the asking application, or any, has registered it. */
function readDestination(exchange: Exchange, parameters: URLSearchParams): string | undefined {
  const asked = parameters.get('post_logout_redirect_uri');
  const clientId = parameters.get('client_id') ?? parseJwt(parameters.get('id_token_hint') ?? '')?.claims.aud;
  const uris = tenantsOfHost(exchange)
    .flatMap(({ applications }) => applications)
    .filter(application => clientId === undefined || application.clientId === clientId)
    .flatMap(({ redirectUris }) => redirectUris);
  const anyPort = exchange.world.settings.redirectPort === 'any-on-loopback';
  if (asked === null || !isRegistered(asked, uris, anyPort)) {
    return undefined;
  }
  const url = new URL(asked);
  const state = parameters.get('state');
  if (state !== null) {
    url.searchParams.append('state', state);
  }
  return url.href;
}
