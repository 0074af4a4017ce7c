import type { CallGraph } from './client.ts';
import { GraphError, isGraphError } from './errors.ts';
import { readPages } from './pages.ts';
import type { WireUser } from './types.ts';
import { DIRECTORY_PAGE, type DirectoryUser, explainForbidden, hasName, readUser, USER_SELECT } from './users.ts';

/** Half a million members. */
const MAX_PAGES = 500;
const USER_TYPE = '#microsoft.graph.user';

const MISSING_PERMISSION =
  'the members of a group cannot be read: add the application permission GroupMember.Read.All to the application and grant admin consent; a group with hidden members also needs Member.Read.Hidden';
/**
 * An application that may not read users gets only the type and id of members (Graph docs, "Limited information
 * returned for inaccessible member objects").
 */
const MISSING_NAMES =
  'Graph returns the members of a group without their names: add the application permission User.Read.All to the application and grant admin consent';

/**
 * Returns the users in a group and, unless `nested` is false, its nested groups (Graph docs, "List group transitive
 * members"); leaves out other members. Does not use the cast to users, which reads from a lagging index. Complete, or an error. Needs
 * GroupMember.Read.All and User.Read.All.
 */
export async function listGroupUsers(
  call: CallGraph,
  groupId: string,
  signal: AbortSignal,
  { nested = true }: { readonly nested?: boolean } = {},
): Promise<DirectoryUser[]> {
  const members: WireMember[] = [];
  const segment = nested ? 'transitiveMembers' : 'members';
  const first = `/groups/${encodeURIComponent(groupId)}/${segment}?$select=${USER_SELECT}&$top=${DIRECTORY_PAGE}`;
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

/**
 * Returns the object ids, in lower case, of all groups that contain a user, directly or nested (Graph docs,
 * "directoryObject: getMemberGroups"). Needs User.ReadBasic.All and GroupMember.Read.All.
 */
export async function getMemberGroups(call: CallGraph, userId: string, signal: AbortSignal): Promise<string[]> {
  try {
    const path = `/users/${encodeURIComponent(userId)}/getMemberGroups`;
    const { json } = await call({
      method: 'POST',
      path,
      body: { securityEnabledOnly: false },
      success: [200],
      replaySafe: true,
      signal,
    });
    const { value } = (json as { value?: unknown } | undefined) ?? {};
    if (!Array.isArray(value)) {
      throw new GraphError('protocol', 'Graph returned the groups of a user without their list');
    }
    return value.map(id => String(id).toLowerCase());
  } catch (error) {
    throw explainForbidden(error, MISSING_PERMISSION);
  }
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
    const cure = `there is no group ${groupId}; set its object id from Entra in mounts`;
    return new GraphError('answer', cure, { status, codes, requestId, cause: error });
  }
  return explainForbidden(error, MISSING_PERMISSION);
}
