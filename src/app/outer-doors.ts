import type { KnownPeople } from '../auth/admit.ts';
import type { Audit } from '../auth/audit.ts';
import { createBearerDoor } from '../auth/bearer-door.ts';
import type { NamedDoor } from '../auth/door.ts';
import { createProxyDoor } from '../auth/proxy-door.ts';
import type { TrustedIssuer } from '../auth/token-check.ts';
import {
  assertionIssuer,
  type BearerRules,
  entraIssuers,
  type IssuerParts,
  openidIssuer,
} from '../auth/token-issuers.ts';
import type { User } from '../auth/user.ts';
import type { Config } from '../config/load.ts';
import { cloudOf } from '../graph/clouds.ts';
import type { Transport } from '../graph/transport.ts';
import { createWebFetch } from '../graph/web-fetch.ts';
import { bareAddress } from '../http/forwarded.ts';
import { trustOf } from '../http/origin.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';

type IssuerConfig = Pick<Config, 'auth' | 'signIn' | 'tenants' | 'people'>;

/** Whose signatures count. */
export interface Issuers {
  /** Of access tokens; none: there is no door for them. */
  readonly tokens: readonly TrustedIssuer[];
  /** Of a proxy's assertions. */
  readonly assertions: TrustedIssuer | undefined;
}

/** Creates the issuers that the configuration trusts. Makes no requests before the first token. */
export function createIssuers(
  config: IssuerConfig,
  { transport, clock, log }: { transport: Transport; clock: Clock; log: Log },
): Issuers {
  const parts: IssuerParts = { fetch: createWebFetch(transport), clock, log };
  const { bearer, proxy } = config.auth;
  const assertion = proxy?.assertion ?? undefined;
  return {
    tokens: bearer === null ? [] : tokenIssuers(config, bearer, parts),
    assertions: assertion && assertionIssuer(assertion, parts),
  };
}

/** The provider by which people sign in on the account pages: another one, or Entra of their tenants. */
function tokenIssuers({ signIn, tenants, people }: IssuerConfig, rules: BearerRules, parts: IssuerParts) {
  const { issuer, clientId, claim, tenant: only } = signIn;
  if (issuer !== null) {
    return [openidIssuer({ issuer, clientId: clientId!, claim }, rules, parts)];
  }
  return tenants
    .filter(({ name }) => people.some(rule => rule.tenant === name) && (only === null || only === name))
    .flatMap(tenant => {
      const { authorityHost } = cloudOf(tenant.cloud, tenant);
      const { tenantId, credential } = tenant;
      return entraIssuers({ authorityHost, tenantId, clientId: credential.clientId }, rules, parts);
    });
}

/** What the outer doors know of users and people. */
export interface OuterDoorParts {
  readonly users: readonly User[];
  readonly people: KnownPeople;
  readonly audit: Audit;
  readonly clock: Clock;
}

/** Creates the doors that are asked before names and passwords: a trusted proxy, then access tokens. */
export type OuterDoors = (parts: OuterDoorParts) => NamedDoor[];

export function outerDoorsOf({ auth, listen }: Pick<Config, 'auth' | 'listen'>, issuers: Issuers): OuterDoors {
  return parts => createOuterDoors({ auth, listen }, issuers, parts);
}

function createOuterDoors(
  { auth, listen }: Pick<Config, 'auth' | 'listen'>,
  issuers: Issuers,
  { users, people, audit, clock }: OuterDoorParts,
): NamedDoor[] {
  const shared = { people, audit, clock };
  const isTrusted = trustOf(listen.trustedProxies);
  const header = auth.proxy?.assertion?.header ?? auth.proxy?.header ?? undefined;
  const statement = header === undefined ? undefined : { header, issuer: issuers.assertions };
  const isProxy = (peer: string) => isTrusted(bareAddress(peer));
  const scope = auth.bearer?.scope ?? null;
  return [
    ...(statement === undefined
      ? []
      : [{ kind: 'proxy' as const, ask: createProxyDoor({ ...shared, statement, users, isProxy }) }]),
    ...(issuers.tokens.length === 0
      ? []
      : [{ kind: 'bearer' as const, ask: createBearerDoor({ ...shared, issuers: issuers.tokens, scope }) }]),
  ];
}
