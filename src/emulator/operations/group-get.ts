import { noSuchResource, refuseUnknownQuery, selectFrom } from '../directory-query.ts';
import { time, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import type { Group } from '../group.ts';
import type { Tenant } from '../tenant.ts';
import { authorize } from '../tokens.ts';

/** `GET /groups/{id}` (Graph docs, "Get group"). */
export function groupGet(exchange: Exchange, groupId: string): Reply {
  const { tenant } = authorize(exchange, 'readGroups');
  refuseUnknownQuery(exchange, ['$select']);
  const group = existingGroup(tenant, groupId);
  return { status: 200, json: withContext(exchange, renderGroup(exchange, group), 'groups/$entity') };
}

/** Returns the group, or throws `Request_ResourceNotFound`. URLs name groups only by id. */
export function existingGroup(tenant: Tenant, groupId: string): Group {
  const group = tenant.groups.find(({ id }) => id === groupId);
  if (group === undefined) {
    throw noSuchResource(groupId);
  }
  return group;
}

export function renderGroup(exchange: Exchange, group: Group): Record<string, unknown> {
  return selectFrom(exchange, groupProperties(group));
}

export function groupProperties(group: Group): Record<string, unknown> {
  return {
    id: group.id,
    createdDateTime: time(group.created),
    description: null,
    displayName: group.displayName,
    groupTypes: [],
    mail: null,
    mailEnabled: false,
    securityEnabled: true,
  };
}
