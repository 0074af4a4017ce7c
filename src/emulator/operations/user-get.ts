import { noSuchResource, refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import type { User } from '../site.ts';
import type { Tenant } from '../tenant.ts';
import { authenticate, authorize, authorizeForUser } from '../tokens.ts';
import { renderUser } from '../user.ts';

/** `GET /users/{id | userPrincipalName}` (Graph docs, "Get a user"). */
export function userGet(exchange: Exchange, idOrUpn: string): Reply {
  const { tenant } = authenticate(exchange);
  const found = tenant.findUser(idOrUpn);
  if (found === undefined) {
    authorize(exchange, 'readBasicUsers');
  } else {
    authorizeForUser(exchange, 'readBasicUsers', found);
  }
  refuseUnknownQuery(exchange, ['$select']);
  const user = renderUser(exchange, existingUser(tenant, idOrUpn));
  return { status: 200, json: withContext(exchange, user, 'users/$entity') };
}

/** Returns the user, or throws `Request_ResourceNotFound`. */
export function existingUser(tenant: Tenant, idOrUpn: string): User {
  const user = tenant.findUser(idOrUpn);
  if (user === undefined) {
    throw noSuchResource(idOrUpn);
  }
  return user;
}
