import type { CallGraph } from './client.ts';
import { GraphError, isGraphError } from './errors.ts';
import { readPages } from './pages.ts';
import type { WireUser } from './types.ts';
import { DIRECTORY_PAGE, type DirectoryUser, explainForbidden, hasName, readUser, USER_SELECT } from './users.ts';

/** Half a million members. */
const MAX_PAGES = 500;
const USER_TYPE = '#microsoft.graph.user';

const MISSING_PERMISSION =
  'the members of a group cannot be read: add the application permission GroupMember.Read.All to the application and grant admin consent; a group with hidden members needs Member.Read.Hidden besides';
/**
 * Whoever may not read users is shown members by type and id only (Graph docs, "Limited information returned for
 * inaccessible member objects").
 */
const MISSING_NAMES =
  'the members of a group are shown without their names: add the application permission User.Read.All to the application and grant admin consent';

/**
 * The users in a group and in the groups below it (Graph docs, "List group transitive members"); what else is a member
 * is left out. Without the cast to users, which is answered from an index that lags behind. Complete, or an error.
 * Needs GroupMember.Read.All and User.Read.All.
 */
export async function listGroupUsers(call: CallGraph, groupId: string, signal: AbortSignal): Promise<DirectoryUser[]> {
  const members: WireMember[] = [];
  const first = `/groups/${encodeURIComponent(groupId)}/transitiveMembers?$select=${USER_SELECT}&$top=${DIRECTORY_PAGE}`;
  try {
    for await (const page of readPages<WireMember | null>(call, first, {
      what: 'members',
      maxPages: MAX_PAGES,
      signal,
    })) {
      members.push(...page.filter(isUser));
    }
  } catch (error) {
    throw explain(error, groupId);
  }
  const named = members.filter(hasName);
  if (named.length === 0 && members.length > 0) {
    throw new GraphError('answer', MISSING_NAMES, { status: 403 });
  }
  return [...new Map(named.map(readUser).map(user => [user.id, user])).values()];
}

interface WireMember extends WireUser {
  readonly '@odata.type'?: string;
}

function isUser(member: WireMember | null): member is WireMember {
  return member?.['@odata.type'] === USER_TYPE;
}

function explain(error: unknown, groupId: string): unknown {
  if (isGraphError(error, 'answer') && error.status === 404) {
    const { status, codes, requestId } = error;
    const cure = `there is no group ${groupId}; write its object id, as Entra shows it, to mounts`;
    return new GraphError('answer', cure, { status, codes, requestId, cause: error });
  }
  return explainForbidden(error, MISSING_PERMISSION);
}
