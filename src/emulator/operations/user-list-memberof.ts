import { directoryPage, refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { groupsOf } from '../group.ts';
import { authenticateMe } from '../me.ts';
import type { Person } from '../tenant.ts';
import { authorize, authorizeForUser } from '../tokens.ts';
import { renderGroup } from './group-get.ts';
import { existingUser } from './user-get.ts';

interface Reach {
  /** Whether to include groups of groups. */
  readonly transitive: boolean;
}

/**
 * `GET /users/{id}/memberOf` and `/transitiveMemberOf` (Graph docs, "List a user's direct memberships"): groups; nobody
 * has directory roles here.
 */
export function userListMemberOf(reach: Reach): (exchange: Exchange, idOrUpn: string) => Reply {
  return (exchange, idOrUpn) => {
    const { tenant } = authorize(exchange, 'readBasicUsers');
    authorize(exchange, 'readMembers');
    return listGroups(exchange, { tenant, user: existingUser(tenant, idOrUpn) }, reach);
  };
}

/** The same of `/me`, for which `User.Read` is enough. */
export function meListMemberOf(reach: Reach): (exchange: Exchange) => Reply {
  return exchange => {
    const person = authenticateMe(exchange);
    authorizeForUser(exchange, 'readBasicUsers', person.user);
    return listGroups(exchange, person, reach);
  };
}

function listGroups(exchange: Exchange, { tenant, user }: Person, reach: Reach): Reply {
  refuseUnknownQuery(exchange, ['$select', '$top', '$skiptoken', '$count']);
  const { items, annotations } = directoryPage(exchange, groupsOf(user, tenant.groups, reach));
  const value = items.map(group => ({ '@odata.type': '#microsoft.graph.group', ...renderGroup(exchange, group) }));
  return { status: 200, json: withContext(exchange, { ...annotations, value }, 'directoryObjects') };
}
