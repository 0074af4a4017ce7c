import type { Exchange, Reply } from '../exchange.ts';
import { transitiveMembers } from '../group.ts';
import { listMembers, type MembersQuery } from './group-list-members.ts';

/**
 * `GET /groups/{id}/transitiveMembers` (Graph docs, "List group transitive members"): a flat list of its members
 * and those of its groups.
 */
export function groupListTransitiveMembers(exchange: Exchange, query: MembersQuery): Reply {
  return listMembers(exchange, query, transitiveMembers);
}
