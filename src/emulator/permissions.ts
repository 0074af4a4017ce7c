/**
 * Application permissions of Microsoft Graph that the emulator knows, with their appRole ids and their names on the
 * consent page (Graph permissions reference).
 */
const PERMISSIONS = {
  'Application.Read.All': ['9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30', 'Read all applications'],
  'Directory.Read.All': ['7ab1d382-f21e-4acd-a863-ba3e13f7da61', 'Read directory data'],
  'Files.Read.All': ['01d4889c-1287-42c6-ac1f-5d1e02578ef6', 'Read files in all site collections'],
  'Files.ReadWrite.All': ['75359482-378d-4052-8f01-80520e7db3cd', 'Read and write files in all site collections'],
  'Group.Read.All': ['5b567255-7703-4780-807c-7be8301ae99b', 'Read all groups'],
  'GroupMember.Read.All': ['98830695-27a2-44f7-8c18-0c3ebc9698f6', 'Read all group memberships'],
  'Organization.Read.All': ['498476ce-e0fe-48b0-b801-37ba7e2685c6', 'Read organization information'],
  'Sites.FullControl.All': ['a82116e5-55eb-4c41-a434-62fe8a61c773', 'Have full control of all site collections'],
  'Sites.Read.All': ['332a536c-c7ef-4017-ab91-336970924f0d', 'Read items in all site collections'],
  'Sites.ReadWrite.All': ['9492366f-7969-46a4-8d15-ed1a20078fff', 'Read and write items in all site collections'],
  'Sites.Selected': ['883ea226-0bf2-4a8f-9f9d-92c9162a727d', 'Access selected site collections'],
  'User.Read.All': ['df021288-bdef-4463-88db-98f22de89214', "Read all users' full profiles"],
  'User.ReadBasic.All': ['97235f07-e226-4f63-ace3-39588e11d3a1', "Read all users' basic profiles"],
} as const satisfies Record<string, readonly [id: string, displayName: string]>;

/** Microsoft Graph's own application id, in every cloud. */
export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000';

/**
 * Delegated permissions that have no application permission of the same name, with their ids and their names on the
 * consent page.
 */
const DELEGATED_ONLY = {
  'Files.Read': ['10465720-29dd-4523-a11a-6a75c743c9d9', 'Read your files'],
  'Files.ReadWrite': ['5c28f0bf-8a70-41f1-8ab2-9032436ddb65', 'Have full access to your files'],
  email: ['64a6cdd6-aab1-4aaf-94b8-3cc8405e90d0', "View users' email address"],
  offline_access: ['7427e0e9-2fba-42fe-b0c0-848c9e6a8182', 'Maintain access to data you have given it access to'],
  openid: ['37f7f235-527c-4136-accd-4a02d197296e', 'Sign users in'],
  profile: ['14dad69e-099b-42c9-810b-d002981feec1', "View users' basic profile"],
  'User.Read': ['e1fe6dd8-ba31-4d61-89e7-88639da4683d', 'Sign you in and read your profile'],
} as const satisfies Record<string, readonly [id: string, displayName: string]>;

/** Tells whether a person can grant it: most application permissions are also delegated ones, with other ids. */
export function isDelegated(value: string): boolean {
  return Object.hasOwn(DELEGATED_ONLY, value) || lookUp(value) !== undefined;
}

/** Returns the id of a delegated permission; undefined if the emulator does not know it. */
export function scopeId(value: string): string | undefined {
  return lookUpScope(value)?.[0];
}

/** Returns the text for a person: `Sign you in and read your profile`. */
export function scopeName(value: string): string {
  return lookUpScope(value)?.[1] ?? permissionName(value);
}

function lookUpScope(value: string): readonly [string, string] | undefined {
  return Object.hasOwn(DELEGATED_ONLY, value) ? DELEGATED_ONLY[value as keyof typeof DELEGATED_ONLY] : undefined;
}

/** Returns the appRole id of a permission; undefined if the emulator does not know it. */
export function permissionId(value: string): string | undefined {
  return lookUp(value)?.[0];
}

/** Returns the text for an administrator: `Read all users' full profiles`. */
export function permissionName(value: string): string {
  return lookUp(value)?.[1] ?? value;
}

function lookUp(value: string): readonly [string, string] | undefined {
  return Object.hasOwn(PERMISSIONS, value) ? PERMISSIONS[value as keyof typeof PERMISSIONS] : undefined;
}

const DIRECTORY = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const SITES_WRITE = ['Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'];
const SITES_READ = ['Sites.Read.All', ...SITES_WRITE];

/**
 * The roles of which each alone grants an access (the tables "Permissions" of the operations in the Graph docs).
 * `Sites.Selected` is not among them: it opens only granted sites.
 */
export const ROLES = {
  readFiles: ['Files.Read.All', 'Files.ReadWrite.All', ...SITES_READ],
  writeFiles: ['Files.ReadWrite.All', ...SITES_WRITE],
  readSites: SITES_READ,
  readBasicUsers: ['User.ReadBasic.All', 'User.Read.All', 'User.ReadWrite.All', ...DIRECTORY],
  readGroups: ['GroupMember.Read.All', 'Group.Read.All', 'Group.ReadWrite.All', ...DIRECTORY],
  readMembers: [
    ...['GroupMember.Read.All', 'GroupMember.ReadWrite.All', 'Group.Read.All', 'Group.ReadWrite.All'],
    ...DIRECTORY,
  ],
  readAssignments: ['AppRoleAssignment.ReadWrite.All', ...DIRECTORY],
  readOrganization: ['Organization.Read.All', 'Organization.ReadWrite.All', ...DIRECTORY],
  readApplications: [
    'Application.Read.All',
    'Application.ReadWrite.OwnedBy',
    'Application.ReadWrite.All',
    ...DIRECTORY,
  ],
} satisfies Record<string, readonly string[]>;

/** The access that a call needs. */
export type Access = keyof typeof ROLES;
