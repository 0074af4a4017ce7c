import { graphUrl, isGraphHost } from './clouds.ts';
import type { Exchange } from './exchange.ts';
import { now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { parseJwt } from './jwt.ts';
import { type Access, GRAPH_APP_ID, ROLES } from './permissions.ts';
import type { Site, User } from './site.ts';
import type { Tenant } from './tenant.ts';

/** The caller of Graph, from the token. */
export interface Caller {
  readonly tenant: Tenant;
  readonly clientId: string;
  /** Object id of the person for whom the application calls; undefined for an app-only call. */
  readonly userId: string | undefined;
  /** The permissions at the time of issue: the token's `roles`, or for a person its `scp`. */
  readonly granted: readonly string[];
}

interface Claims {
  readonly aud: string;
  readonly tid: string;
  readonly appid: string;
  readonly oid: string;
  readonly nbf: number;
  readonly exp: number;
  readonly roles?: string[];
  readonly scp?: string;
}

/** Returns the caller of a valid token, or throws `InvalidAuthenticationToken`. */
export function authenticate(exchange: Exchange): Caller {
  const claims = readToken(exchange);
  const { host, world } = exchange;
  const tenant = world.tenants.findById(claims.tid);
  const isForGraph = tenant !== undefined && [graphUrl(tenant.cloud), GRAPH_APP_ID].includes(claims.aud);
  if (!isForGraph || (isGraphHost(host) && tenant.cloud.graphHost !== host)) {
    throw new GraphFault('InvalidAuthenticationToken', 'Access token validation failure. Invalid audience.');
  }
  const { appid: clientId, oid, scp, roles = [] } = claims;
  return scp === undefined
    ? { tenant, clientId, userId: undefined, granted: roles }
    : { tenant, clientId, userId: oid, granted: scp.split(' ') };
}

/**
 * Refuses a Graph call without a valid token or without its permission. For files and sites, `site` is their site,
 * because `Sites.Selected` opens only granted sites.
 */
export function authorize(exchange: Exchange, access: Access, site?: Site): Caller {
  const caller = authenticate(exchange);
  const { filesRolesReadSites, directoryWithoutRoles } = exchange.world.settings;
  const isSiteCall = access === 'readSites';
  const isDirectory = !isSiteCall && access !== 'readFiles' && access !== 'writeFiles';
  if (
    mayAccess(caller, access) ||
    (isSiteCall && filesRolesReadSites && mayAccess(caller, 'readFiles')) ||
    (site !== undefined && isSelected(caller, access, site))
  ) {
    refusePersonalFiles(caller, isDirectory);
    return caller;
  }
  if (caller.granted.length === 0 && !(isDirectory && directoryWithoutRoles === 'request-denied')) {
    throw new GraphFault('AccessDenied', 'Either scp or roles claim need to be present in the token.');
  }
  throw isDirectory
    ? new GraphFault('Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
    : new GraphFault('accessDenied', 'Access denied');
}

/** Like `authorize`, but people may read their own data (`User.Read`). */
export function authorizeForUser(exchange: Exchange, access: Access, user: User): Caller {
  const caller = authenticate(exchange);
  return caller.userId === user.id && isSelfReader(caller) ? caller : authorize(exchange, access);
}

/** Tells whether the person has allowed the application to read their profile. */
function isSelfReader(caller: Caller): boolean {
  return caller.granted.includes('User.Read') || mayAccess(caller, 'readBasicUsers');
}

export function mayAccess({ granted }: Caller, access: Access): boolean {
  const opening: readonly string[] = ROLES[access];
  return granted.some(permission => opening.includes(permission));
}

/** Refuses a person's call: people can open only shared items, which the emulator does not model. */
function refusePersonalFiles({ userId }: Caller, isDirectory: boolean): void {
  if (userId !== undefined && !isDirectory) {
    throw new GraphFault('notImplemented', 'The emulator does not know which files and sites a person may access.');
  }
}

function isSelected({ granted, clientId, userId }: Caller, access: Access, { grants }: Site): boolean {
  const role = granted.includes('Sites.Selected') && userId === undefined ? grants.get(clientId) : undefined;
  return role === 'write' || (role === 'read' && access !== 'writeFiles');
}

function readToken(exchange: Exchange): Claims {
  const token = /^Bearer (.+)$/i.exec(exchange.request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new GraphFault('InvalidAuthenticationToken', 'Access token is empty.');
  }
  const jwt = parseJwt(token);
  const at = now(exchange);
  if (jwt === undefined || !exchange.world.keys.hasSigned(jwt, at)) {
    throw new GraphFault('InvalidAuthenticationToken', 'CompactToken parsing failed with error code: 80049217');
  }
  // Only the login host's own tokens get this far.
  const claims = jwt.claims as unknown as Claims;
  if (claims.exp * 1000 <= at) {
    throw new GraphFault('InvalidAuthenticationToken', 'Lifetime validation failed, the token is expired.');
  }
  return claims;
}
