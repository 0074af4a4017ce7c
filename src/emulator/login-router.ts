import { isLoginHost } from './clouds.ts';
import type { Exchange, Reply } from './exchange.ts';
import { adminConsent, adminConsentDecision } from './operations/adminconsent.ts';
import { authorizePerson } from './operations/authorize.ts';
import { logout } from './operations/logout.ts';
import { instanceDiscovery, openidConfiguration, signingKeys } from './operations/openid-configuration.ts';
import { signIn } from './operations/sign-in.ts';
import { token, tokenByGet } from './operations/token.ts';
import { userinfo } from './operations/userinfo.ts';
import type { Route } from './route.ts';

type LoginOperation = (exchange: Exchange) => Reply | Promise<Reply>;

/**
 * The routes of the login host, by whole paths. The v1 endpoint has no `v2.0` in it. Browsers and guides also
 * write `adminConsent`; the other paths are in lower case.
 */
const ROUTES: readonly (readonly [method: string, pattern: RegExp, operation: string, run: LoginOperation])[] = [
  ['POST', /^\/[^/]+\/oauth2(?:\/v2\.0)?\/token$/, 'token', token],
  ['GET', /^\/[^/]+\/oauth2(?:\/v2\.0)?\/token$/, 'token', tokenByGet],
  ['GET', /^\/[^/]+\/oauth2\/v2\.0\/authorize$/, 'authorize', authorizePerson],
  ['POST', /^\/[^/]+\/oauth2\/v2\.0\/authorize$/, 'authorize', authorizePerson],
  ['POST', /^\/[^/]+\/login$/, 'sign-in', signIn],
  ['GET', /^\/[^/]+\/oauth2\/v2\.0\/logout$/, 'logout', logout],
  ['POST', /^\/[^/]+\/oauth2\/v2\.0\/logout$/, 'logout', logout],
  ['GET', /^\/[^/]+(?:\/v2\.0)?\/\.well-known\/openid-configuration$/, 'openid-configuration', openidConfiguration],
  ['GET', /^\/[^/]+\/discovery(?:\/v2\.0)?\/keys$/, 'signing-keys', signingKeys],
  ['GET', /^\/common\/discovery\/instance$/, 'instance-discovery', instanceDiscovery],
  ['GET', /^\/[^/]+(?:\/v2\.0)?\/adminconsent$/i, 'adminconsent', adminConsent],
  ['POST', /^\/[^/]+(?:\/v2\.0)?\/adminconsent$/i, 'adminconsent-decision', adminConsentDecision],
];

export const LOGIN_ROUTE_OPERATIONS: readonly string[] = [...ROUTES.map(([, , operation]) => operation), 'userinfo'];

/** Really on Graph's host, but not below `/v1.0`. */
const USERINFO = '/oidc/userinfo';

/** Tells whether a request is for the login host; by its path, where all hosts are one. */
export function isLoginPath({ host, world }: Exchange, pathname: string): boolean {
  if (isLoginHost(host) || pathname === USERINFO) {
    return true;
  }
  const isOfGraph = /^\/(?:v1\.0|beta)\//.test(pathname);
  return !isOfGraph && !world.tenants.ownsHost(host) && ROUTES.some(([, pattern]) => pattern.test(pathname));
}

/** Saves the directory after each sign-in and consent, because they change it. */
async function kept(exchange: Exchange, run: LoginOperation): Promise<Reply> {
  try {
    return await run(exchange);
  } finally {
    exchange.world.directory.changed();
  }
}

/** Returns the operation of a request to the login host; undefined if it is unknown. */
export function routeLogin(exchange: Exchange, pathname: string): Route | undefined {
  const { method } = exchange.request;
  const found = ROUTES.find(([verb, pattern]) => verb === method && pattern.test(pathname));
  if (found !== undefined) {
    const [, , operation, run] = found;
    return { operation, resourceUnits: 0, run: () => kept(exchange, run) };
  }
  const isUserinfo = pathname === USERINFO && !isLoginHost(exchange.host) && (method === 'GET' || method === 'POST');
  return isUserinfo ? { operation: 'userinfo', resourceUnits: 1, run: () => userinfo(exchange) } : undefined;
}
