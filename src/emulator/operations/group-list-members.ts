import { directoryPage, isAdvanced, needsAdvanced, refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { type Group, isGroup } from '../group.ts';
import type { User } from '../site.ts';
import { authorize, type Caller, mayAccess } from '../tokens.ts';
import { renderLimitedUser, renderUser } from '../user.ts';
import { existingGroup, groupProperties } from './group-get.ts';

/** The last segment of a URL that requests members of only one type. */
export type Cast = 'microsoft.graph.user' | 'microsoft.graph.group';

export interface MembersQuery {
  readonly groupId: string;
  readonly cast: Cast | undefined;
}

/** `GET /groups/{id}/members` (Graph docs, "List group members"): the direct members. */
export function groupListMembers(exchange: Exchange, query: MembersQuery): Reply {
  return listMembers(exchange, query, group => [...group.members]);
}

/** Paged; `$select`, `$top`, `$count`. An OData cast needs the advanced query parameters. */
export function listMembers(
  exchange: Exchange,
  { groupId, cast }: MembersQuery,
  membersOf: (group: Group) => (User | Group)[],
): Reply {
  const caller = authorize(exchange, 'readMembers');
  refuseUnknownQuery(exchange, ['$select', '$top', '$skiptoken', '$count']);
  if (cast !== undefined && exchange.world.settings.castNeedsAdvancedQuery && !isAdvanced(exchange)) {
    throw needsAdvanced('The OData cast');
  }
  const members = membersOf(existingGroup(caller.tenant, groupId)).filter(
    member => cast === undefined || (cast === 'microsoft.graph.group') === isGroup(member),
  );
  const { items, annotations } = directoryPage(exchange, members);
  const value = items.map(member => renderMember(exchange, caller, { member, withType: cast === undefined }));
  return { status: 200, json: withContext(exchange, { ...annotations, value }, contextOf(cast)) };
}

function contextOf(cast: Cast | undefined): string {
  return { 'microsoft.graph.user': 'users', 'microsoft.graph.group': 'groups', all: 'directoryObjects' }[cast ?? 'all'];
}

function renderMember(
  exchange: Exchange,
  caller: Caller,
  { member, withType }: { member: User | Group; withType: boolean },
): Record<string, unknown> {
  const type = withType ? { '@odata.type': `#microsoft.graph.${isGroup(member) ? 'group' : 'user'}` } : {};
  if (isGroup(member)) {
    return { ...type, ...selectOfGroup(exchange, member) };
  }
  const render = mayAccess(caller, 'readBasicUsers') ? renderUser : renderLimitedUser;
  return { ...type, ...render(exchange, member) };
}

/**
 * A property that only users have is left out of a group, and not refused: the members of a group are of several types.
 */
function selectOfGroup({ url }: Exchange, group: Group): Record<string, unknown> {
  const properties = groupProperties(group);
  const selected = url.searchParams.get('$select')?.split(',') ?? Object.keys(properties);
  return Object.fromEntries(
    selected.filter(name => Object.hasOwn(properties, name)).map(name => [name, properties[name]]),
  );
}
