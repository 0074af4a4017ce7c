import type { Application } from './application.ts';
import { graphUrl, isGraphHost } from './clouds.ts';
import type { Exchange, World } from './exchange.ts';
import { now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { type Access, ROLES } from './permissions.ts';
import type { Site } from './site.ts';
import type { Tenant } from './tenant.ts';

/** Seconds; what the token endpoint gives in practice. */
export const TOKEN_LIFE_SECONDS = 3599;

/** Who calls Graph, as the token says. */
export interface Caller {
  readonly tenant: Tenant;
  readonly clientId: string;
  /** As they were when the token was issued. */
  readonly roles: readonly string[];
}

interface Claims {
  readonly aud: string;
  readonly tid: string;
  readonly appid: string;
  readonly exp: number;
  readonly roles?: string[];
}

/** An app-only access token in the shape of Entra's. */
export function issueToken({ tenants, settings }: World, tenant: Tenant, { clientId, roles }: Application): string {
  const issued = Math.floor(settings.clock.now() / 1000);
  const claims = {
    aud: graphUrl(tenant.cloud),
    iss: `https://sts.windows.net/${tenant.id}/`,
    iat: issued,
    nbf: issued,
    exp: issued + TOKEN_LIFE_SECONDS,
    appid: clientId,
    idtyp: 'app',
    tid: tenant.id,
    // Without consent a token is issued all the same; it just lacks the claim.
    ...(roles.length > 0 ? { roles } : {}),
  };
  const text = `${encode({ typ: 'JWT', alg: 'RS256' })}.${encode(claims)}`;
  return `${text}.${tenants.sign(text)}`;
}

/** Who calls, by a token that is good here and now; else `InvalidAuthenticationToken`. */
export function authenticate(exchange: Exchange): Caller {
  const claims = readToken(exchange);
  const tenant = exchange.world.tenants.findById(claims.tid);
  const isOtherCloud = isGraphHost(exchange.host) && claims.aud !== `https://${exchange.host}`;
  if (tenant === undefined || isOtherCloud) {
    throw new GraphFault('InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.');
  }
  return { tenant, clientId: claims.appid, roles: claims.roles ?? [] };
}

/**
 * Refuses a Graph call without a valid token or without the permission for it. For files and sites `site` says where they are, because
 * `Sites.Selected` opens the sites alone that were granted.
 */
export function authorize(exchange: Exchange, access: Access, site?: Site): Caller {
  const caller = authenticate(exchange);
  const { filesRolesReadSites, directoryWithoutRoles } = exchange.world.settings;
  const isSiteCall = access === 'readSites';
  if (
    mayAccess(caller, access) ||
    (isSiteCall && filesRolesReadSites && mayAccess(caller, 'readFiles')) ||
    (site !== undefined && isSelected(caller, access, site))
  ) {
    return caller;
  }
  const isDirectory = !isSiteCall && access !== 'readFiles' && access !== 'writeFiles';
  if (caller.roles.length === 0 && !(isDirectory && directoryWithoutRoles === 'request-denied')) {
    throw new GraphFault('AccessDenied', 'Either scp or roles claim need to be present in the token.');
  }
  throw isDirectory
    ? new GraphFault('Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
    : new GraphFault('accessDenied', 'Access denied');
}

export function mayAccess({ roles }: Caller, access: Access): boolean {
  const opening: readonly string[] = ROLES[access];
  return roles.some(role => opening.includes(role));
}

function isSelected({ roles, clientId }: Caller, access: Access, { grants }: Site): boolean {
  const granted = roles.includes('Sites.Selected') ? grants.get(clientId) : undefined;
  return granted === 'write' || (granted === 'read' && access !== 'writeFiles');
}

function readToken(exchange: Exchange): Claims {
  const token = /^Bearer (.+)$/i.exec(exchange.request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new GraphFault('InvalidAuthenticationToken', 'Access token is empty.');
  }
  const [header, payload, signature] = token.split('.');
  if (signature !== exchange.world.tenants.sign(`${header}.${payload}`)) {
    throw new GraphFault('InvalidAuthenticationToken', 'CompactToken parsing failed with error code: 80049217');
  }
  const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as Claims;
  if (claims.exp * 1000 <= now(exchange)) {
    throw new GraphFault('InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.');
  }
  return claims;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
