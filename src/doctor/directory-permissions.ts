import { judgeRoles } from '../graph/roles.ts';
import type { Check } from './check.ts';
import { howToGrant } from './permissions.ts';
import type { TenantUnderTest } from './tenant.ts';

/** Each alone lets the application read its roles (Graph docs, "List appRoleAssignments granted"). */
const READS_ROLES = [
  'Application.Read.All',
  'Application.ReadWrite.All',
  'Directory.Read.All',
  'Directory.ReadWrite.All',
];

export interface DirectoryPermissionsParts {
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  /** True when a rule has a group. */
  readonly usesGroups: boolean;
  /** True when a rule for people has a role of the application. */
  readonly usesRoles: boolean;
}

/** Checks the permission to read the directory, for mounts and people by rule. Only planned where there are rules. */
export function directoryPermissionsCheck({ tenant, needs, usesGroups, usesRoles }: DirectoryPermissionsParts): Check {
  return {
    name: 'directory-permissions',
    tenant: tenant.label,
    needs,
    run: async signal => {
      const roles = await tenant.roles(signal);
      const { directory, groups } = judgeRoles(roles);
      const missing = [
        ...(directory ? [] : ['User.Read.All']),
        ...(usesGroups && !groups ? ['GroupMember.Read.All'] : []),
        ...(usesRoles && !roles.some(role => READS_ROLES.includes(role)) ? ['Application.Read.All'] : []),
      ];
      return missing.length === 0
        ? [{ level: 'ok', saw: `the application may read users${usesGroups ? ' and members of groups' : ''}` }]
        : [
            {
              level: 'failure',
              saw: `the token lacks ${missing.join(' and ')}`,
              means: 'rules (mailboxes, people) find nobody; mounts by name and users with passwords still work',
              ...howToGrant(missing.join(' and '), tenant),
            },
          ];
    },
  };
}
