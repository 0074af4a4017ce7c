import type { CloudName } from '../graph/cloud-names.ts';
import { newRegistrationLink, registrationLink } from './portals.ts';

/** Entra's name for it, and what for. */
interface Permission {
  readonly name: string;
  readonly why: string;
}

const LIST_USERS: Permission = {
  name: 'User.Read.All',
  why: 'to list the mailboxes; without it you type their addresses',
};
const READ_GROUPS: Permission = {
  name: 'GroupMember.Read.All',
  why: 'only if the members of a group are to be mounted',
};

function filePermission(readOnly: boolean): Permission {
  return readOnly
    ? { name: 'Files.Read.All', why: 'to read the files of every OneDrive' }
    : { name: 'Files.ReadWrite.All', why: 'to read and write the files of every OneDrive' };
}

/** What is wanted of the application. */
export interface Wanted {
  readonly readOnly: boolean;
  /** Whether mailboxes are to be found in the directory. */
  readonly byRule: boolean;
  /** Whether the members of a group are to be mounted. */
  readonly byGroup: boolean;
}

/** What to tick, one line each, and what to leave alone. */
export function permissionLines({ readOnly, byGroup }: Wanted): string[] {
  const line = (mark: string, { name, why }: Permission) => `[${mark}] ${name.padEnd(20)}  ${why}`;
  return [line('x', filePermission(readOnly)), line('x', LIST_USERS), line(byGroup ? 'x' : ' ', READ_GROUPS)];
}

/** How an application is registered, from nothing to its tenant and client id. */
export function registrationSteps(cloud: CloudName, { redirectUri }: { redirectUri: string }): string {
  return [
    'Register an application in Entra, if you have not yet:',
    '',
    `  1. Open ${newRegistrationLink(cloud)}`,
    '     Name: onedrive-webdav',
    '     Supported account types: Accounts in this organizational directory only',
    `     Redirect URI: Web, ${redirectUri}`,
    '     Register.',
    '  2. Its Overview shows two ids: copy "Directory (tenant) ID" and "Application (client) ID".',
  ].join('\n');
}

/** Which permissions to tick, once the client id is known. */
export function permissionSteps(cloud: CloudName, clientId: string, wanted: Wanted): string {
  return [
    'Tick what the application may do:',
    '',
    `  1. Open ${registrationLink(cloud, 'CallAnAPI', clientId)}`,
    '  2. Add a permission > Microsoft Graph > Application permissions (not Delegated):',
    ...permissionLines(wanted).map(line => `     ${line}`),
    '     Add permissions. Consent comes next.',
  ].join('\n');
}

/** Where a client secret is made. */
export function secretSteps(cloud: CloudName, clientId: string): string {
  return [
    'Make a client secret:',
    '',
    `  1. Open ${registrationLink(cloud, 'Credentials', clientId)}`,
    '  2. Client secrets > New client secret > Add.',
    '  3. Copy its Value (not its Secret ID) now: Entra shows it only once.',
  ].join('\n');
}

/** Where the public half of a certificate goes. */
export function uploadSteps(
  cloud: CloudName,
  clientId: string,
  { file, thumbprint, pem }: { file: string; thumbprint: string; pem: string },
): string {
  return [
    `The public half of the certificate is in ${file}:`,
    '',
    pem.trimEnd(),
    '',
    `  1. Open ${registrationLink(cloud, 'Credentials', clientId)}`,
    `  2. Certificates > Upload certificate > ${file} > Add.`,
    `  3. Compare the thumbprint that Entra shows: ${thumbprint}`,
  ].join('\n');
}

/** What a federated credential needs, for an application that is proved by a token of another issuer. */
export function federationSteps(cloud: CloudName, clientId: string): string {
  return [
    'The application needs a federated credential for the issuer and subject of your token:',
    '',
    `  1. Open ${registrationLink(cloud, 'Credentials', clientId)}`,
    '  2. Federated credentials > Add credential.',
  ].join('\n');
}

/**
 * A managed identity is no registration: nobody consents to it, its permissions are assigned (learn, "Assign Microsoft
 * Graph permissions to a managed identity").
 */
export function assignmentSteps({ readOnly }: Pick<Wanted, 'readOnly'>): string {
  const { name } = filePermission(readOnly);
  return [
    'A managed identity has no consent page. Assign it the permissions in PowerShell, as a Privileged Role Administrator:',
    '',
    '  Connect-MgGraph -Scopes Application.Read.All, AppRoleAssignment.ReadWrite.All',
    '  $identity = Get-MgServicePrincipal -Filter "displayName eq \'NAME OF THE MACHINE OR IDENTITY\'"',
    '  $graph = Get-MgServicePrincipal -Filter "appId eq \'00000003-0000-0000-c000-000000000000\'"',
    `  foreach ($name in '${name}', 'User.Read.All') {`,
    "    $role = $graph.AppRoles | Where-Object { $_.Value -eq $name -and $_.AllowedMemberTypes -contains 'Application' }",
    '    New-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $identity.Id -PrincipalId $identity.Id -ResourceId $graph.Id -AppRoleId $role.Id',
    '  }',
    '',
    'Azure keeps the tokens of managed identities for up to a day: a new permission may take that long to show.',
  ].join('\n');
}
