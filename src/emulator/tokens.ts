import type { Exchange } from './exchange.ts';
import { now } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import type { Tenant } from './tenant.ts';

/** Seconds; what the token endpoint gives in practice. */
export const TOKEN_LIFE_SECONDS = 3599;
const READ_ROLES = ['Files.Read.All', 'Files.ReadWrite.All', 'Sites.Read.All', 'Sites.ReadWrite.All'];
const WRITE_ROLES = ['Files.ReadWrite.All', 'Sites.ReadWrite.All'];
const DIRECTORY_ROLES = ['User.Read.All', 'User.ReadBasic.All', 'Directory.Read.All'];

/** What a call needs to be allowed. */
export type Access = 'read' | 'write' | 'directory';

interface Claims {
  readonly exp: number;
  readonly roles?: string[];
}

/** An app-only access token in the shape of Entra's. */
export function issueToken(tenant: Tenant, nowMs: number): string {
  const issued = Math.floor(nowMs / 1000);
  const { clientId, roles } = tenant.application;
  const claims = {
    aud: 'https://graph.microsoft.com',
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
  return `${text}.${tenant.sign(text)}`;
}

/** Refuses a Graph call without a valid token or without the permission for it. */
export function authorize(exchange: Exchange, access: Access): void {
  const { roles = [] } = readToken(exchange);
  if (roles.length === 0) {
    throw new GraphFault('AccessDenied', 'Either scp or roles claim need to be present in the token.');
  }
  const wanted = { read: READ_ROLES, write: WRITE_ROLES, directory: DIRECTORY_ROLES }[access];
  if (roles.some(role => wanted.includes(role))) {
    return;
  }
  throw access === 'directory'
    ? new GraphFault('Authorization_RequestDenied', 'Insufficient privileges to complete the operation.')
    : new GraphFault('accessDenied', 'Access denied');
}

function readToken(exchange: Exchange): Claims {
  const token = /^Bearer (.+)$/i.exec(exchange.request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new GraphFault('InvalidAuthenticationToken', 'Access token is empty.');
  }
  const [header, payload, signature] = token.split('.');
  if (signature !== exchange.world.tenant.sign(`${header}.${payload}`)) {
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
