/** The application's access to files: to all drives, or only to individually granted ones. */
export type FileAccess = 'write' | 'read' | 'selected' | 'none';

/** Whether this access allows reading, and writing, some file. A member without a line does not compile. */
export const FILE_ACCESS = {
  write: { reads: true, writes: true },
  read: { reads: true, writes: false },
  selected: { reads: true, writes: true },
  none: { reads: false, writes: false },
} as const satisfies Record<FileAccess, { readonly reads: boolean; readonly writes: boolean }>;

/** The rights that a token's application permissions give, as far as this server uses them. */
export interface Rights {
  readonly files: FileAccess;
  /** Whether `GET /users` is allowed. */
  readonly directory: boolean;
  /** Whether the members of groups may be read. */
  readonly groups: boolean;
  /** Permissions that this server never uses: each makes a stolen credential more dangerous. */
  readonly excess: readonly string[];
}

const WRITE = ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Sites.Manage.All', 'Sites.FullControl.All'];
const READ = ['Files.Read.All', 'Sites.Read.All'];
/** Consent to one of these alone gives no access yet (Graph docs, "Overview of Selected permissions"). */
const SELECTED = [
  'Sites.Selected',
  'Files.SelectedOperations.Selected',
  'Lists.SelectedOperations.Selected',
  'ListItems.SelectedOperations.Selected',
];
const DIRECTORY = ['Directory.Read.All', 'Directory.ReadWrite.All'];
const USERS = ['User.Read.All', 'User.ReadWrite.All', ...DIRECTORY];
const GROUPS = [
  'GroupMember.Read.All',
  'GroupMember.ReadWrite.All',
  'Group.Read.All',
  'Group.ReadWrite.All',
  ...DIRECTORY,
];
/** The minimum permissions: to work with files, to list mailboxes, to mount by group, to read the secret's expiry. */
const LEAST = [
  'Files.ReadWrite.All',
  'Files.Read.All',
  ...SELECTED,
  'User.Read.All',
  'GroupMember.Read.All',
  'Application.Read.All',
];

/**
 * Returns the application permissions in an access token; none without consent (Graph docs, "Get access without a
 * user"). Tokens are opaque by contract, so this only helps to explain problems, and never decides which requests to
 * send.
 */
export function readRoles(token: string): readonly string[] {
  const { roles } = readClaims(token);
  return Array.isArray(roles) ? roles.filter(role => typeof role === 'string') : [];
}

/** Returns the tenant of a token; undefined when it is unreadable. */
export function readTenantId(token: string): string | undefined {
  const { tid } = readClaims(token);
  return typeof tid === 'string' ? tid : undefined;
}

/** Tokens are opaque by contract; nothing may depend on reading them. */
function readClaims(token: string): { readonly roles?: unknown; readonly tid?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')));
  } catch {
    return {};
  }
}

export function judgeRoles(roles: readonly string[]): Rights {
  const has = (wanted: readonly string[]) => roles.some(role => wanted.includes(role));
  return {
    files: has(WRITE) ? 'write' : has(READ) ? 'read' : has(SELECTED) ? 'selected' : 'none',
    directory: has(USERS),
    groups: has(GROUPS),
    excess: roles.filter(role => !LEAST.includes(role)),
  };
}
