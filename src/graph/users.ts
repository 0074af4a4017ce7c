import type { CallGraph } from './client.ts';
import { GraphError, isGraphError } from './errors.ts';
import type { WirePage, WireUser } from './types.ts';

/** The largest page; a larger one is refused (steampipe's azuread plugin quotes Graph's answer). */
const PAGE_SIZE = 999;
/** Half a million users; a list of pages that does not end is an error, not a listing. */
const MAX_PAGES = 500;
const SELECT = 'id,displayName,userPrincipalName,mail,accountEnabled';

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
}

/**
 * Everyone in the directory, guests too: every page, nextLinks followed to the letter (Graph docs, "List users"). Complete, or an
 * error. `onPage` hears how many there are so far. Needs User.Read.All.
 */
export async function listUsers(
  call: CallGraph,
  { signal, onPage = () => {} }: { signal: AbortSignal; onPage?: (count: number) => void },
): Promise<DirectoryUser[]> {
  const byId = new Map<string, DirectoryUser>();
  let path: string | undefined = `/users?$select=${SELECT}&$top=${PAGE_SIZE}`;
  for (let page = 0; path !== undefined; page += 1) {
    if (page === MAX_PAGES) {
      throw new GraphError('protocol', `Graph gave ${MAX_PAGES} pages of users and no end`);
    }
    const { value, '@odata.nextLink': next } = await getPage(call, path, signal);
    for (const user of value.map(readUser)) {
      byId.set(user.id, user);
    }
    onPage(byId.size);
    path = next;
  }
  return [...byId.values()];
}

async function getPage(call: CallGraph, path: string, signal: AbortSignal): Promise<WirePage<WireUser>> {
  const { json } = await call({ method: 'GET', path, signal }).catch((error: unknown) => {
    throw isGraphError(error, 'answer') && error.status === 403 ? explainRefusal(error) : error;
  });
  const page = json as WirePage<WireUser> | undefined;
  if (!Array.isArray(page?.value)) {
    throw new GraphError('protocol', 'Graph answered a list of users without its value');
  }
  return page;
}

function explainRefusal(error: GraphError): GraphError {
  const { status, codes, requestId } = error;
  return new GraphError('answer', MISSING_PERMISSION, { status, codes, requestId, cause: error });
}

function readUser(wire: WireUser | undefined): DirectoryUser {
  if (typeof wire?.id !== 'string' || typeof wire.userPrincipalName !== 'string') {
    throw new GraphError('protocol', 'Graph answered a user without an id or a name');
  }
  const { id, userPrincipalName, displayName, mail, accountEnabled } = wire;
  return {
    id,
    userPrincipalName,
    displayName: displayName ?? '',
    mail: mail ?? undefined,
    isEnabled: accountEnabled ?? undefined,
  };
}
