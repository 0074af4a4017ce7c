import { judgeRoles } from '../graph/roles.ts';
import type { Check } from './check.ts';
import { howToGrant } from './permissions.ts';
import type { TenantUnderTest } from './tenant.ts';

export interface DirectoryPermissionsParts {
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  /** True when a rule has a group. */
  readonly usesGroups: boolean;
}

/** Checks the permission to read the directory, for mounts by rule. Only planned where there are rules. */
export function directoryPermissionsCheck({ tenant, needs, usesGroups }: DirectoryPermissionsParts): Check {
  return {
    name: 'directory-permissions',
    tenant: tenant.label,
    needs,
    run: async signal => {
      const { directory, groups } = judgeRoles(await tenant.roles(signal));
      const missing = [
        ...(directory ? [] : ['User.Read.All']),
        ...(usesGroups && !groups ? ['GroupMember.Read.All'] : []),
      ];
      return missing.length === 0
        ? [{ level: 'ok', saw: `the application may read users${usesGroups ? ' and members of groups' : ''}` }]
        : [
            {
              level: 'failure',
              saw: `the token lacks ${missing.join(' and ')}`,
              means: 'mounts by rule (mailboxes) find nobody; mounts by name still work',
              ...howToGrant(missing.join(' and '), tenant),
            },
          ];
    },
  };
}
