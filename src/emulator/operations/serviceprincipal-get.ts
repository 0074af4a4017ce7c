import { refuseUnknownQuery, selectFrom } from '../directory-query.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { authorize } from '../tokens.ts';
import { existingApplication, renderAppRole } from './application-get.ts';

/**
 * `GET /servicePrincipals(appId='…')` (Graph docs, "Get servicePrincipal"). Secrets and certificates of a registration
 * are the application's; the service principal has none of its own.
 */
export function servicePrincipalGet(exchange: Exchange, appId: string): Reply {
  const { tenant } = authorize(exchange, 'readApplications');
  refuseUnknownQuery(exchange, ['$select']);
  const application = existingApplication(tenant, { appId });
  const json = selectFrom(exchange, {
    id: application.servicePrincipalId,
    accountEnabled: !application.disabled,
    appDisplayName: application.displayName,
    appId: application.clientId,
    appRoleAssignmentRequired: application.assignmentRequired,
    appRoles: application.appRoles.map(renderAppRole),
    appOwnerOrganizationId: tenant.id,
    displayName: application.displayName,
    keyCredentials: [],
    passwordCredentials: [],
    servicePrincipalType: 'Application',
  });
  return { status: 200, json: withContext(exchange, json, 'servicePrincipals/$entity') };
}
