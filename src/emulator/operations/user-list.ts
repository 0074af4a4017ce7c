import { directoryPage, isAdvanced, refuseUnknownQuery } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { authorize } from '../tokens.ts';
import { renderUser } from '../user.ts';
import { parseUserFilter } from '../user-filter.ts';

/** `GET /users` (Graph docs, "List users"): paged; `$select`, `$top`, `$filter`, `$count`. */
export function userList(exchange: Exchange): Reply {
  const { tenant } = authorize(exchange, 'readBasicUsers');
  refuseUnknownQuery(exchange, ['$select', '$top', '$skiptoken', '$filter', '$count']);
  const filter = exchange.url.searchParams.get('$filter');
  const users = filter === null ? tenant.users : tenant.users.filter(parseUserFilter(filter, isAdvanced(exchange)));
  const { items, annotations } = directoryPage(exchange, users);
  const value = items.map(user => renderUser(exchange, user));
  return { status: 200, json: withContext(exchange, { ...annotations, value }, 'users') };
}
