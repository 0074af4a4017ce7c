import type { CallGraph } from './client.ts';
import { GraphError } from './errors.ts';
import { readPages } from './pages.ts';
import { DIRECTORY_PAGE, explainForbidden } from './users.ts';

/** Two hundred thousand assignments. */
const MAX_PAGES = 200;

const MISSING_PERMISSION =
  'the roles of the application cannot be read: add the application permission Application.Read.All to the application and grant admin consent';

/** Users and groups that have a role of the application, by object id in lower case. */
export interface RoleHolders {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

interface WireServicePrincipal {
  readonly id?: string;
  readonly appRoles?: readonly { readonly id?: string; readonly value?: string | null; readonly isEnabled?: boolean }[];
}

interface WireAssignment {
  readonly appRoleId?: string;
  readonly principalId?: string;
  readonly principalType?: string;
}

/**
 * Returns who has been assigned each role of an application in this tenant (Graph docs, "List appRoleAssignments granted
 * for a service principal"), by the role's value. Complete, or an error. A group's assignment is valid for its direct
 * members only (Entra docs, "Assign users and groups to an application"). Needs Application.Read.All.
 */
export async function listRoleHolders(
  call: CallGraph,
  clientId: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, RoleHolders>> {
  try {
    const { id, appRoles } = await getServicePrincipal(call, clientId, signal);
    const enabled = (appRoles ?? []).filter(({ isEnabled }) => isEnabled !== false);
    const holders = new Map(
      enabled.map(role => [role.id, { value: role.value ?? '', users: [], groups: [] } as Holders]),
    );
    const path = `/servicePrincipals/${encodeURIComponent(id)}/appRoleAssignedTo?$top=${DIRECTORY_PAGE}`;
    for await (const page of readPages<WireAssignment>(call, path, {
      what: 'assignments',
      maxPages: MAX_PAGES,
      signal,
    })) {
      for (const { appRoleId, principalId, principalType } of page) {
        const list = principalType === 'Group' ? 'groups' : 'users';
        holders.get(appRoleId)?.[list].push((principalId ?? '').toLowerCase());
      }
    }
    return new Map([...holders.values()].map(({ value, users, groups }) => [value, { users, groups }]));
  } catch (error) {
    throw explainForbidden(error, MISSING_PERMISSION);
  }
}

interface Holders {
  readonly value: string;
  readonly users: string[];
  readonly groups: string[];
}

async function getServicePrincipal(
  call: CallGraph,
  clientId: string,
  signal: AbortSignal,
): Promise<WireServicePrincipal & { readonly id: string }> {
  const path = `/servicePrincipals(appId='${encodeURIComponent(clientId)}')?$select=id,appRoles`;
  const { json } = await call({ method: 'GET', path, signal });
  const { id, appRoles } = (json as WireServicePrincipal | undefined) ?? {};
  if (typeof id !== 'string') {
    throw new GraphError('protocol', 'Graph returned a service principal without an id');
  }
  return { id, ...(appRoles === undefined ? {} : { appRoles }) };
}
