import type { Exchange, Reply } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { decodeName } from './item-path.ts';
import { applicationGet } from './operations/application-get.ts';
import { appRoleAssignedTo, appRoleAssignmentsOfUser } from './operations/approleassignment-list.ts';
import { getMemberGroups, getMyMemberGroups } from './operations/directoryobject-getmembergroups.ts';
import { driveGetById, driveGetOfSite, driveGetOfUser } from './operations/drive-get.ts';
import { driveListOfSite, driveListOfUser } from './operations/drive-list.ts';
import { groupGet } from './operations/group-get.ts';
import { groupListMembers, type MembersQuery } from './operations/group-list-members.ts';
import { groupListTransitiveMembers } from './operations/group-list-transitivemembers.ts';
import { meGet } from './operations/me-get.ts';
import { organizationList } from './operations/organization-list.ts';
import { servicePrincipalGet } from './operations/serviceprincipal-get.ts';
import { siteGet } from './operations/site-get.ts';
import { siteDriveByPath, siteDrivesByPath, siteGetByPath } from './operations/site-getbypath.ts';
import { siteSearch } from './operations/site-search.ts';
import { userGet } from './operations/user-get.ts';
import { userList } from './operations/user-list.ts';
import { meListMemberOf, userListMemberOf } from './operations/user-list-memberof.ts';
import type { Route } from './route.ts';

/** Receives the captures of its pattern, decoded; an empty text for an optional group without a match. */
type DirectoryOperation = (exchange: Exchange, first: string, second: string) => Reply;

type DirectoryAction = (exchange: Exchange, id: string) => Promise<Reply>;

/**
 * The GET operations besides items, with their resource units (Graph docs, throttling limits; 1 and 2 by analogy
 * where the docs give none).
 */
const ROUTES: readonly (readonly [pattern: RegExp, operation: string, units: number, run: DirectoryOperation])[] = [
  [/^\/users$/, 'user-list', 2, userList],
  [/^\/users\/([^/]+)$/, 'user-get', 1, userGet],
  [/^\/users\/([^/]+)\/memberOf$/, 'user-list-memberof', 3, userListMemberOf({ transitive: false })],
  [/^\/users\/([^/]+)\/transitiveMemberOf$/, 'user-list-transitivememberof', 3, userListMemberOf({ transitive: true })],
  [/^\/users\/([^/]+)\/appRoleAssignments$/, 'user-list-approleassignments', 2, appRoleAssignmentsOfUser],
  [/^\/me$/, 'user-get', 1, meGet],
  [/^\/me\/memberOf$/, 'user-list-memberof', 3, meListMemberOf({ transitive: false })],
  [/^\/me\/transitiveMemberOf$/, 'user-list-transitivememberof', 3, meListMemberOf({ transitive: true })],
  [/^\/users\/([^/]+)\/drive$/, 'drive-get', 1, driveGetOfUser],
  [/^\/users\/([^/]+)\/drives$/, 'drive-list', 2, driveListOfUser],
  [/^\/drives\/([^/]+)$/, 'drive-get', 1, driveGetById],
  [/^\/organization$/, 'organization-list', 2, organizationList],
  [/^\/applications\/([^/]+)$/, 'application-get', 1, (exchange, id) => applicationGet(exchange, { id })],
  [
    /^\/applications\(appId='([^']+)'\)$/,
    'application-get',
    1,
    (exchange, appId) => applicationGet(exchange, { appId }),
  ],
  [/^\/servicePrincipals\(appId='([^']+)'\)$/, 'serviceprincipal-get', 1, servicePrincipalGet],
  [
    /^\/servicePrincipals\/([^/()]+)\/appRoleAssignedTo$/,
    'serviceprincipal-list-approleassignedto',
    2,
    appRoleAssignedTo,
  ],
  [/^\/groups\/([^/]+)$/, 'group-get', 1, groupGet],
  [/^\/groups\/([^/]+)\/members(?:\/(microsoft\.graph\.\w+))?$/, 'group-list-members', 3, members(groupListMembers)],
  [
    /^\/groups\/([^/]+)\/transitiveMembers(?:\/(microsoft\.graph\.\w+))?$/i,
    'group-list-transitivemembers',
    3,
    members(groupListTransitiveMembers),
  ],
  [/^\/sites$/, 'site-search', 2, siteSearch],
  [/^\/sites\/([^/:]+)$/, 'site-get', 1, siteGet],
  [/^\/sites\/([^/:]+)\/drive$/, 'drive-get', 1, driveGetOfSite],
  [/^\/sites\/([^/:]+)\/drives$/, 'drive-list', 2, driveListOfSite],
  [/^\/sites\/([^/:]+):\/([^:]*):?$/, 'site-getbypath', 1, siteGetByPath],
  [/^\/sites\/([^/:]+):\/([^:]*):\/drive$/, 'drive-get', 1, siteDriveByPath],
  [/^\/sites\/([^/:]+):\/([^:]*):\/drives$/, 'drive-list', 2, siteDrivesByPath],
];

/** The POST operations. */
const ACTIONS: readonly (readonly [pattern: RegExp, operation: string, run: DirectoryAction])[] = [
  [/^\/users\/([^/]+)\/(getMemberGroups|getMemberObjects)$/, 'directoryobject-getmembergroups', getMemberGroups],
  [/^\/me\/()(getMemberGroups|getMemberObjects)$/, 'directoryobject-getmembergroups', getMyMemberGroups],
];

export const DIRECTORY_OPERATIONS: readonly string[] = [...ROUTES, ...ACTIONS].map(([, operation]) => operation);

/** Finds the operation of a GET or a POST below `/v1.0` that is not about an item. */
export function routeDirectory(exchange: Exchange, path: string): Route | undefined {
  const { method } = exchange.request;
  if (method === 'POST') {
    return routeAction(exchange, path);
  }
  return method === 'GET' ? routeGet(exchange, path) : undefined;
}

function routeAction(exchange: Exchange, path: string): Route | undefined {
  for (const [pattern, operation, run] of ACTIONS) {
    const id = pattern.exec(path)?.[1];
    if (id !== undefined) {
      return { operation, resourceUnits: 3, run: () => run(exchange, decodeName(id)) };
    }
  }
  return undefined;
}

function routeGet(exchange: Exchange, path: string): Route | undefined {
  for (const [pattern, operation, resourceUnits, run] of ROUTES) {
    const match = pattern.exec(path);
    if (match !== null) {
      const caught = (index: number) => decodeName(match[index] ?? '');
      return { operation, resourceUnits, run: () => run(exchange, caught(1), caught(2)) };
    }
  }
  return undefined;
}

function members(run: (exchange: Exchange, query: MembersQuery) => Reply): DirectoryOperation {
  return (exchange, groupId, cast) => run(exchange, { groupId, cast: readCast(cast) });
}

function readCast(cast: string): MembersQuery['cast'] {
  if (cast === '' || cast === 'microsoft.graph.user' || cast === 'microsoft.graph.group') {
    return cast === '' ? undefined : cast;
  }
  throw new GraphFault('notImplemented', `The emulator does not support members of the type ${cast}.`);
}
