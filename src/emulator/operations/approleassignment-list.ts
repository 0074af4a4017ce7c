import type { Application, AppRoleAssignment } from '../application.ts';
import { directoryPage, noSuchResource, refuseUnknownQuery } from '../directory-query.ts';
import { time, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { assignmentsOf } from '../person.ts';
import type { Tenant } from '../tenant.ts';
import { authorize } from '../tokens.ts';
import { existingUser } from './user-get.ts';

/** `GET /servicePrincipals/{id}/appRoleAssignedTo` (Graph docs): users and groups of an application, with roles. */
export function appRoleAssignedTo(exchange: Exchange, servicePrincipalId: string): Reply {
  const { tenant } = authorize(exchange, 'readApplications');
  const application = tenant.applications.find(each => each.servicePrincipalId === servicePrincipalId);
  if (application === undefined) {
    throw noSuchResource(servicePrincipalId);
  }
  const all = application.appRoleAssignments.map(assignment => ({ application, assignment }));
  return listAssignments(exchange, tenant, all);
}

/** `GET /users/{id}/appRoleAssignments` (Graph docs): the person's own, and those of their direct groups. */
export function appRoleAssignmentsOfUser(exchange: Exchange, idOrUpn: string): Reply {
  const { tenant } = authorize(exchange, 'readAssignments');
  const user = existingUser(tenant, idOrUpn);
  const all = tenant.applications.flatMap(application =>
    assignmentsOf(application, { tenant, user }).map(assignment => ({ application, assignment })),
  );
  return listAssignments(exchange, tenant, all);
}

interface Assigned {
  readonly application: Application;
  readonly assignment: AppRoleAssignment;
}

function listAssignments(exchange: Exchange, tenant: Tenant, all: readonly Assigned[]): Reply {
  refuseUnknownQuery(exchange, ['$top', '$skiptoken']);
  const { items, annotations } = directoryPage(exchange, all);
  const value = items.map(each => renderAssignment(tenant, each));
  return { status: 200, json: withContext(exchange, { ...annotations, value }, 'appRoleAssignments') };
}

function renderAssignment(tenant: Tenant, { application, assignment }: Assigned): Record<string, unknown> {
  const { id, principalId, appRoleId, created } = assignment;
  const user = tenant.findUser(principalId);
  const group = tenant.groups.find(each => each.id === principalId);
  return {
    ...{ id, deletedDateTime: null, appRoleId, createdDateTime: time(created) },
    principalDisplayName: user?.displayName ?? group?.displayName ?? null,
    principalId,
    principalType: user === undefined ? 'Group' : 'User',
    resourceDisplayName: application.displayName,
    resourceId: application.servicePrincipalId,
  };
}
