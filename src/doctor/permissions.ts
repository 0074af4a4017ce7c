import type { MailboxRule, MountConfig } from '../discovery/mount-config.ts';
import { FILE_ACCESS, judgeRoles } from '../graph/roles.ts';
import type { Check, Finding } from './check.ts';
import type { TenantUnderTest } from './tenant.ts';

export interface PermissionsParts {
  readonly tenant: TenantUnderTest;
  readonly needs: readonly Check[];
  /** The mounts of the tenant, and the rules for mounts. */
  readonly mounts: readonly (MountConfig | MailboxRule)[];
}

const SELECTED_DOCS = 'https://learn.microsoft.com/en-us/graph/permissions-selected-overview';
const IDENTITY_DOCS =
  'https://learn.microsoft.com/en-us/entra/identity/managed-identities-azure-resources/how-to-assign-app-role-managed-identity';
/** Names to show in a sentence; of the rest only the number. */
const SHOWN_NAMES = 5;

/** Checks that the granted permissions suffice for the mounts, and which exceed them. */
export function permissionsCheck({ tenant, needs, mounts }: PermissionsParts): Check {
  const writable = mounts.filter(({ readOnly }) => !readOnly).map(nameOf);
  const wanted = writable.length > 0 ? 'Files.ReadWrite.All' : 'Files.Read.All';
  return {
    name: 'permissions',
    tenant: tenant.label,
    needs,
    run: async signal => {
      const roles = await tenant.roles(signal);
      const { files, excess } = judgeRoles(roles);
      if (files === 'none') {
        return [explainLack(roles, wanted, tenant)];
      }
      if (!FILE_ACCESS[files].writes && writable.length > 0) {
        return [explainReadOnly(roles, writable, tenant)];
      }
      const idle = writable.length === 0 ? roles.filter(role => role === 'Files.ReadWrite.All') : [];
      const surplus = [...idle, ...excess];
      return [describe(roles, files), ...warnOfExcess(surplus, wanted)];
    },
  };
}

function nameOf(mount: MountConfig | MailboxRule): string {
  return 'name' in mount ? `/${mount.name}` : `mailboxes ${mount.match.join(', ')}`;
}

/** Returns how and where to grant a permission. */
export function howToGrant(role: string, { links }: TenantUnderTest): Pick<Finding, 'cure' | 'link'> {
  return links.consent === undefined
    ? { cure: `assign the app role ${role} of Microsoft Graph to the managed identity`, link: IDENTITY_DOCS }
    : {
        cure: `add the application permission ${role} (not a delegated one) of Microsoft Graph to the application; then a Privileged Role Administrator or Global Administrator grants admin consent by the link, and new tokens have it within minutes`,
        link: links.consent,
      };
}

function explainLack(roles: readonly string[], wanted: string, tenant: TenantUnderTest): Finding {
  const level = 'failure';
  return roles.length === 0
    ? {
        level,
        saw: 'the token has no roles',
        means:
          'admin consent is missing: the application has no permission yet. Graph would say "Either scp or roles claim need to be present in the token"',
        ...howToGrant(wanted, tenant),
      }
    : {
        level,
        saw: `the token has ${roles.join(', ')}, but no permission for files`,
        means: 'the application may not open any drive',
        ...howToGrant(wanted, tenant),
      };
}

function explainReadOnly(roles: readonly string[], writable: readonly string[], tenant: TenantUnderTest): Finding {
  const shown = writable.slice(0, SHOWN_NAMES).join(', ');
  const more = writable.length > SHOWN_NAMES ? ` and ${writable.length - SHOWN_NAMES} more` : '';
  const { cure, link } = howToGrant('Files.ReadWrite.All', tenant);
  return {
    level: 'failure',
    saw: `the token has ${roles.join(', ')}, but the configuration makes ${shown}${more} writable`,
    means: 'everything can be read, but every change is refused (403)',
    cure: `${cure}; or set readOnly: true for the mounts`,
    link,
  };
}

const FENCE =
  'every file in every OneDrive and every SharePoint site of the organisation, not only those of your mounts: the mounts and users of the configuration are the only fence. Narrower: replace the permission by Sites.Selected, grant "write" or "read" on each site (that of a OneDrive ends in /personal/NAME), and name the mounts by drive id';

const REACH = {
  write: `so this server may read and change ${FENCE}`,
  read: `so this server may read ${FENCE}`,
  selected: 'so this server can open only the sites that were granted to it one by one',
} as const;

/** Describes the reach, always: an administrator should know what they have agreed to. */
function describe(roles: readonly string[], files: keyof typeof REACH): Finding {
  return { level: 'ok', saw: `the token has ${roles.join(', ')}`, means: REACH[files], link: SELECTED_DOCS };
}

function warnOfExcess(excess: readonly string[], wanted: string): Finding[] {
  return excess.length === 0
    ? []
    : [
        {
          level: 'warning',
          saw: `more than is needed: ${excess.join(', ')}`,
          means: 'a thief of the credential could use these, too',
          cure: `remove them and their consent from the application in Entra; ${wanted} is enough for the mounts`,
        },
      ];
}
