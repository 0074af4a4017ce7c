import type { CallGraph } from './client.ts';
import { GraphError, isGraphError } from './errors.ts';
import { readPages } from './pages.ts';
import type { WirePage, WireUser } from './types.ts';

/** The largest page; a larger one is refused (steampipe's azuread plugin quotes Graph's answer). */
export const DIRECTORY_PAGE = 999;
/** Half a million users. */
const MAX_PAGES = 500;
/** What is read of everybody. Plans are there only when they are asked for (Graph docs, "user resource type"). */
export const USER_SELECT = 'id,displayName,userPrincipalName,mail,accountEnabled,assignedPlans';
/**
 * Service plans with SharePoint, and so with OneDrive, have this in `assignedPlans`, whatever the product they come
 * with.
 */
const SHAREPOINT = 'SharePoint';

/** Graph's documentation of "List users" names no lesser one; User.ReadBasic.All is reported to be refused. */
const MISSING_PERMISSION =
  'the directory cannot be read: add the application permission User.Read.All to the application and grant admin consent. Without it the server works all the same: write the mounts by hand, by user principal name';

/** Somebody in the directory, whether they have a drive or not. */
export interface DirectoryUser {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly displayName: string;
  readonly mail: string | undefined;
  /** Undefined when Graph does not tell. */
  readonly isEnabled: boolean | undefined;
  /** Whether a licence that holds SharePoint is assigned, be it a suspended one. Undefined when Graph does not tell. */
  readonly isLicensed: boolean | undefined;
}

/**
 * Everyone in the directory, guests too (Graph docs, "List users"). Complete, or an error. `onPage` hears how many
 * there are so far. Needs User.Read.All.
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

/** One without says nothing of the others; only when nobody has a name is something wrong. */
export function hasName(user: WireUser | null): boolean {
  return typeof user?.userPrincipalName === 'string';
}

/**
 * Somebody by object id (Graph docs, "Get user"); undefined when the directory says that there is nobody. Needs
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
    // Any other 404 says nothing of the user.
    if (isGraphError(error, 'answer') && error.status === 404 && error.has('Request_ResourceNotFound')) {
      return undefined;
    }
    throw explainForbidden(error, MISSING_PERMISSION);
  }
}

/**
 * The one whose mail address this is: it need not be their user principal name, by which Graph finds people. Undefined
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

/** A refusal with what an administrator can do about it; everything else as it is. */
export function explainForbidden(error: unknown, cure: string): unknown {
  if (!(isGraphError(error, 'answer') && error.status === 403)) {
    return error;
  }
  const { status, codes, requestId } = error;
  return new GraphError('answer', cure, { status, codes, requestId, cause: error });
}

export function readUser(wire: WireUser | undefined): DirectoryUser {
  if (typeof wire?.id !== 'string' || typeof wire.userPrincipalName !== 'string') {
    throw new GraphError('protocol', 'Graph answered a user without an id or a name');
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
