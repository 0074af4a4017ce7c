import { withContext } from '../driveitem.ts';
import { type Exchange, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { groupsOf } from '../group.ts';
import { authenticateMe } from '../me.ts';
import type { Person } from '../tenant.ts';
import { authorize, authorizeForUser } from '../tokens.ts';
import { existingUser } from './user-get.ts';

/**
 * `POST /users/{id}/getMemberGroups` and `/getMemberObjects` (Graph docs, "directoryObject: getMemberGroups"): the ids
 * of somebody's groups, direct or nested. Clients resolve the overage claim of a token with it.
 * The second one also lists directory roles, which nobody has here.
 */
export async function getMemberGroups(exchange: Exchange, idOrUpn: string): Promise<Reply> {
  const { tenant } = authorize(exchange, 'readBasicUsers');
  authorize(exchange, 'readMembers');
  return listIds(exchange, { tenant, user: existingUser(tenant, idOrUpn) });
}

/** The same of `/me`, for which `User.Read` is enough. */
export async function getMyMemberGroups(exchange: Exchange): Promise<Reply> {
  const person = authenticateMe(exchange);
  authorizeForUser(exchange, 'readBasicUsers', person.user);
  return listIds(exchange, person);
}

async function listIds(exchange: Exchange, { tenant, user }: Person): Promise<Reply> {
  const { securityEnabledOnly } = await readJson(exchange.request);
  if (typeof securityEnabledOnly !== 'boolean') {
    throw new GraphFault('BadRequest', "The parameter 'securityEnabledOnly' is missing or not a boolean.");
  }
  const value = groupsOf(user, tenant.groups, { transitive: true }).map(({ id }) => id);
  return { status: 200, json: withContext(exchange, { value }, 'Collection(Edm.String)') };
}
