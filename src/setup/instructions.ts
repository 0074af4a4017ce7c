import type { CloudName } from '../graph/cloud-names.ts';
import { newRegistrationLink, registrationLink } from './portals.ts';

/** Entra's name of a permission, and its purpose. */
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
  why: 'only to mount the members of a group',
};

function filePermission(readOnly: boolean): Permission {
  return readOnly
    ? { name: 'Files.Read.All', why: 'to read the files of every OneDrive' }
    : { name: 'Files.ReadWrite.All', why: 'to read and write the files of every OneDrive' };
}

/** The access that the application needs. */
export interface Wanted {
  readonly readOnly: boolean;
  /** Whether mailboxes are to be found in the directory. */
  readonly byRule: boolean;
  /** Whether the members of a group are to be mounted. */
  readonly byGroup: boolean;
}

/** Renders one line for each permission: to tick, or to leave alone. */
export function permissionLines({ readOnly, byGroup }: Wanted): string[] {
  const line = (mark: string, { name, why }: Permission) => `[${mark}] ${name.padEnd(20)}  ${why}`;
  return [line('x', filePermission(readOnly)), line('x', LIST_USERS), line(byGroup ? 'x' : ' ', READ_GROUPS)];
}

/** Renders how to register an application and find its tenant and client ids. */
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

/** Renders which permissions to tick, once the client id is known. */
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

/** Renders what the registration lacks for people who sign in with Microsoft. */
export function signInSteps(
  cloud: CloudName,
  clientId: string,
  { redirectUri, scopes }: { redirectUri: string | undefined; scopes: readonly string[] },
): string {
  const steps = [
    ...(redirectUri === undefined
      ? []
      : [
          [
            `Open ${registrationLink(cloud, 'Authentication', clientId)}`,
            `Add this redirect URI for Web, exactly: ${redirectUri}`,
          ],
        ]),
    ...(scopes.length === 0
      ? []
      : [
          [
            `Open ${registrationLink(cloud, 'CallAnAPI', clientId)}`,
            `Add a permission > Microsoft Graph > Delegated permissions: tick ${scopes.join(' and ')}.`,
            'Grant admin consent: otherwise each person is asked, or refused.',
          ],
        ]),
  ];
  return [
    'Let people sign in:',
    '',
    ...steps.flatMap(([first, ...rest], index) => [`  ${index + 1}. ${first}`, ...rest.map(line => `     ${line}`)]),
  ].join('\n');
}

/** Renders where to create a client secret. */
export function secretSteps(cloud: CloudName, clientId: string): string {
  return [
    'Make a client secret:',
    '',
    `  1. Open ${registrationLink(cloud, 'Credentials', clientId)}`,
    '  2. Client secrets > New client secret > Add.',
    '  3. Copy its Value (not its Secret ID) now: Entra shows it only once.',
  ].join('\n');
}

/** Renders where to upload the public half of a certificate. */
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

/** Renders where to add a federated credential, for an application that uses a token of another issuer. */
export function federationSteps(cloud: CloudName, clientId: string): string {
  return [
    'The application needs a federated credential for the issuer and subject of your token:',
    '',
    `  1. Open ${registrationLink(cloud, 'Credentials', clientId)}`,
    '  2. Federated credentials > Add credential.',
  ].join('\n');
}

/**
 * Renders how to assign permissions to a managed identity: it is no registration, so nobody consents to it (learn,
 * "Assign Microsoft Graph permissions to a managed identity").
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
