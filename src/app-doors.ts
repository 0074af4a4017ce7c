import type { KnownPeople } from './auth/admit.ts';
import { createAudit } from './auth/audit.ts';
import { createBearerDoor } from './auth/bearer-door.ts';
import type { Door } from './auth/door.ts';
import { createProxyDoor } from './auth/proxy-door.ts';
import type { TrustedIssuer } from './auth/token-check.ts';
import { assertionIssuer, entraIssuers, type IssuerParts } from './auth/token-issuers.ts';
import type { User } from './auth/user.ts';
import type { Config } from './config/load.ts';
import { cloudOf } from './graph/clouds.ts';
import type { Transport } from './graph/transport.ts';
import { createWebFetch } from './graph/web-fetch.ts';
import { bareAddress } from './http/forwarded.ts';
import { trustOf } from './http/origin.ts';
import type { Clock } from './lib/clock.ts';
import type { Log } from './lib/log.ts';

/** Whose signatures count. */
export interface Issuers {
  /** Of access tokens; none: there is no door for them. */
  readonly tokens: readonly TrustedIssuer[];
  /** Of a proxy's assertions. */
  readonly assertions: TrustedIssuer | undefined;
}

/** Creates the issuers that the configuration trusts. Makes no requests before the first token. */
export function createIssuers(
  config: Pick<Config, 'auth' | 'tenants' | 'people'>,
  { transport, clock, log }: { transport: Transport; clock: Clock; log: Log },
): Issuers {
  const parts: IssuerParts = { fetch: createWebFetch(transport), clock, log };
  const { bearer, proxy } = config.auth;
  const assertion = proxy?.assertion ?? undefined;
  const tenants = config.tenants.filter(({ name }) => config.people.some(rule => rule.tenant === name));
  return {
    tokens:
      bearer === null
        ? []
        : tenants.flatMap(({ cloud, authorityHost, tenantId, credential }) => {
            const host = cloudOf(cloud, { authorityHost }).authorityHost;
            return entraIssuers({ authorityHost: host, tenantId, clientId: credential.clientId }, bearer, parts);
          }),
    assertions: assertion && assertionIssuer(assertion, parts),
  };
}

/** Creates the doors that are asked before names and passwords: a trusted proxy, then access tokens. */
export function createOuterDoors(
  { auth, listen }: Pick<Config, 'auth' | 'listen'>,
  {
    issuers,
    users,
    people,
    clock,
    log,
  }: { issuers: Issuers; users: readonly User[]; people: KnownPeople; clock: Clock; log: Log },
): Door[] {
  const shared = { people, audit: createAudit(log), clock };
  const isTrusted = trustOf(listen.trustedProxies);
  const header = auth.proxy?.assertion?.header ?? auth.proxy?.header ?? undefined;
  const statement = header === undefined ? undefined : { header, issuer: issuers.assertions };
  return [
    ...(statement === undefined
      ? []
      : [createProxyDoor({ ...shared, statement, users, isProxy: peer => isTrusted(bareAddress(peer)) })]),
    ...(issuers.tokens.length === 0
      ? []
      : [createBearerDoor({ ...shared, issuers: issuers.tokens, scope: auth.bearer?.scope ?? null })]),
  ];
}
