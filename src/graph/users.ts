import type { CallGraph } from './client.ts';
import { GraphError, isGraphError } from './errors.ts';
import { readPages } from './pages.ts';
import type { WirePage, WireUser } from './types.ts';

/** The largest page; Graph refuses a larger one (steampipe's azuread plugin quotes Graph's answer). */
export const DIRECTORY_PAGE = 999;
/** Half a million users. */
const MAX_PAGES = 500;
/** The properties read for each user. Plans are returned only when selected (Graph docs, "user resource type"). */
export const USER_SELECT = 'id,displayName,userPrincipalName,mail,accountEnabled,assignedPlans';
/** Service plans with SharePoint, and so with OneDrive, have this in `assignedPlans`, in every product. */
const SHAREPOINT = 'SharePoint';

/** Graph's documentation of "List users" names no lesser permission; User.ReadBasic.All is reported to be refused. */
const MISSING_PERMISSION =
  'the directory cannot be read: add the application permission User.Read.All to the application and grant admin consent. The server also works without it: write the mounts by hand, by user principal name';

/** A user in the directory, with or without a drive. */
export interface DirectoryUser {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly mail: string | undefined;
  /** Undefined when Graph does not tell. */
  readonly isEnabled: boolean | undefined;
  /** Whether a licence with SharePoint is assigned, even a suspended one. Undefined when Graph does not return it. */
  readonly isLicensed: boolean | undefined;
}

/**
 * Returns all users in the directory, including guests (Graph docs, "List users"). Complete, or an error. `onPage`
 * receives the count so far. Needs User.Read.All.
 */
export async function listUsers(
  call: CallGraph,
  { signal, onPage = () => {} }: { signal: AbortSignal; onPage?: (count: number) => void },
): Promise<DirectoryUser[]> {
  const byId = new Map<string, DirectoryUser>();
  let unnamed: WireUser | undefined;
  const first = `/users?$select=${USER_SELECT}&$top=${DIRECTORY_PAGE}`;
  try {
    for await (const page of readPages<WireUser>(call, first, { what: 'users', maxPages: MAX_PAGES, signal })) {
      for (const user of page.filter(hasName).map(readUser)) {
        byId.set(user.id, user);
      }
      unnamed ??= page.find(user => !hasName(user));
      onPage(byId.size);
    }
  } catch (error) {
    throw explainForbidden(error, MISSING_PERMISSION);
  }
  if (byId.size === 0 && unnamed !== undefined) {
    readUser(unnamed);
  }
  return [...byId.values()];
}

/** Returns true when the user has a name. One without is harmless; only when nobody has a name is something wrong. */
export function hasName(user: WireUser | null): boolean {
  return typeof user?.userPrincipalName === 'string';
}

/**
 * Returns a user by object id (Graph docs, "Get user"); undefined when the directory says that there is none. Needs
 * User.Read.All.
 */
export async function getUser(call: CallGraph, id: string, signal: AbortSignal): Promise<DirectoryUser | undefined> {
  try {
    const { json } = await call({
      method: 'GET',
      path: `/users/${encodeURIComponent(id)}?$select=${USER_SELECT}`,
      signal,
    });
    return readUser(json as WireUser | undefined);
  } catch (error) {
    // Any other 404 says nothing about the user.
    if (isGraphError(error, 'answer') && error.status === 404 && error.has('Request_ResourceNotFound')) {
      return undefined;
    }
    throw explainForbidden(error, MISSING_PERMISSION);
  }
}

/**
 * Finds a user by mail address, which may differ from the user principal name that Graph looks up. Returns undefined
 * when there is none, or several. Needs User.Read.All.
 */
export async function findUserByMail(
  call: CallGraph,
  mail: string,
  signal: AbortSignal,
): Promise<DirectoryUser | undefined> {
  const filter = encodeURIComponent(`mail eq '${mail.replaceAll("'", "''")}'`);
  const { json } = await call({
    method: 'GET',
    path: `/users?$filter=${filter}&$select=${USER_SELECT}&$top=2`,
    signal,
  });
  const [found, ...others] = (json as WirePage<WireUser> | undefined)?.value ?? [];
  return found === undefined || others.length > 0 ? undefined : readUser(found);
}

/** Adds the administrator's remedy to a refusal; returns other errors unchanged. */
export function explainForbidden(error: unknown, cure: string): unknown {
  if (!(isGraphError(error, 'answer') && error.status === 403)) {
    return error;
  }
  const { status, codes, requestId } = error;
  return new GraphError('answer', cure, { status, codes, requestId, cause: error });
}

export function readUser(wire: WireUser | undefined): DirectoryUser {
  if (typeof wire?.id !== 'string' || typeof wire.userPrincipalName !== 'string') {
    throw new GraphError('protocol', 'Graph returned a user without an id or a name');
  }
  const { id, userPrincipalName, displayName, mail, accountEnabled, assignedPlans } = wire;
  return {
    id,
    userPrincipalName,
    displayName: displayName ?? '',
    mail: mail ?? undefined,
    isEnabled: accountEnabled ?? undefined,
    isLicensed: assignedPlans?.some(
      ({ service, capabilityStatus }) => service === SHAREPOINT && capabilityStatus !== 'Deleted',
    ),
  };
}
