import { siteUrl, time, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import type { User } from '../tenant.ts';
import { authorize } from '../tokens.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 999;
const KNOWN_QUERY = ['$select', '$top', '$skiptoken'];
/** What is shown without `$select` (Graph docs, "List users"); `accountEnabled` is not among it. */
const DEFAULT_SELECT = [
  ...['businessPhones', 'displayName', 'givenName', 'id', 'jobTitle', 'mail', 'mobilePhone', 'officeLocation'],
  ...['preferredLanguage', 'surname', 'userPrincipalName'],
];

/** `GET /users` (Graph docs, "List users"): paged, `$select`, `$top`. */
export function userList(exchange: Exchange): Reply {
  authorize(exchange, 'directory');
  const { url, world } = exchange;
  refuseUnknownQuery(url, KNOWN_QUERY);
  const size = readPageSize(url);
  const start = Number(Buffer.from(url.searchParams.get('$skiptoken') ?? '', 'base64url').toString() || 0);
  const render = userRenderer(url);
  const users = world.tenant.users.slice(start, start + size);
  const next = new URL(url);
  next.searchParams.set('$skiptoken', Buffer.from(String(start + size)).toString('base64url'));
  const more = start + size < world.tenant.users.length;
  return {
    status: 200,
    json: withContext({ ...(more ? { '@odata.nextLink': next.href } : {}), value: users.map(render) }, 'users'),
  };
}

/** `GET /users/{id | userPrincipalName}` (Graph docs, "Get a user"). */
export function userGet(exchange: Exchange, idOrUpn: string): Reply {
  authorize(exchange, 'directory');
  refuseUnknownQuery(exchange.url, ['$select']);
  return {
    status: 200,
    json: withContext(userRenderer(exchange.url)(findUser(exchange, idOrUpn)), 'users/$entity'),
  };
}

function refuseUnknownQuery(url: URL, known: readonly string[]): void {
  const unknown = [...url.searchParams.keys()].find(key => !known.includes(key));
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not know ${unknown} on /users.`);
  }
}

/** A page is never made smaller than was asked for: it is refused (the answer is quoted by steampipe's azuread plugin). */
function readPageSize(url: URL): number {
  const asked = url.searchParams.get('$top');
  const size = asked === null ? DEFAULT_PAGE : Number(asked);
  if (!(Number.isInteger(size) && size >= 1 && size <= MAX_PAGE)) {
    throw new GraphFault(
      'Request_UnsupportedQuery',
      `Invalid page size specified: '${asked}'. Must be between 1 and ${MAX_PAGE} inclusive.`,
    );
  }
  return size;
}

/** `GET /users/{id | userPrincipalName}/drive` (Graph docs, "Get Drive"): an application never provisions one. */
export function driveGet(exchange: Exchange, idOrUpn: string): Reply {
  authorize(exchange, 'read');
  const user = findUser(exchange, idOrUpn);
  refuseMissingDrive(user);
  return {
    status: 200,
    json: withContext(renderDrive(user, now(exchange)), `users('${encodeURIComponent(user.id)}')/drive/$entity`),
  };
}

/** `GET /drives/{id}`. */
export function driveGetById(exchange: Exchange, driveId: string): Reply {
  authorize(exchange, 'read');
  const user = exchange.world.tenant.findDrive(driveId);
  if (user === undefined) {
    throw new GraphFault('itemNotFound', 'The resource could not be found.');
  }
  refuseMissingDrive(user);
  return { status: 200, json: withContext(renderDrive(user, now(exchange)), 'drives/$entity') };
}

function findUser(exchange: Exchange, idOrUpn: string): User {
  const user = exchange.world.tenant.findUser(idOrUpn);
  if (user === undefined) {
    throw new GraphFault(
      'Request_ResourceNotFound',
      `Resource '${idOrUpn}' does not exist or one of its queried reference-property objects are not present.`,
    );
  }
  return user;
}

/** The ways in which Graph says that there is no drive, as clients have reported them. */
function refuseMissingDrive(user: User): void {
  switch (user.condition) {
    case 'ready':
      return;
    case 'no-mysite':
      throw new GraphFault('ResourceNotFound', "User's mysite not found.");
    case 'no-mysite-url':
      throw new GraphFault('BadRequest', "Unable to retrieve user's mysite URL.");
    case 'file-not-found':
      throw new GraphFault('UnknownError', '404 FILE NOT FOUND');
    case 'no-licence':
      throw new GraphFault('BadRequest', 'Tenant does not have a SPO license.');
    case 'locked':
      throw new GraphFault('notAllowed', 'The site is locked.', { status: 423, innerCode: 'resourceLocked' });
  }
}

/** Shows the properties that `$select` names and no others. `mySite` is 501 for a collection in truth as well (Graph docs, "List users"). */
function userRenderer(url: URL): (user: User) => Record<string, unknown> {
  const selected = url.searchParams.get('$select')?.split(',') ?? DEFAULT_SELECT;
  return user => {
    const properties = propertiesOf(user);
    const unknown = selected.find(name => !(name in properties));
    if (unknown !== undefined) {
      throw new GraphFault('notImplemented', `The emulator does not know ${unknown} of a user.`);
    }
    return Object.fromEntries(selected.map(name => [name, properties[name]]));
  };
}

function propertiesOf(user: User): Record<string, unknown> {
  return {
    accountEnabled: user.accountEnabled,
    businessPhones: [],
    displayName: user.displayName,
    givenName: null,
    id: user.id,
    jobTitle: null,
    mail: user.mail,
    mobilePhone: null,
    officeLocation: null,
    preferredLanguage: null,
    surname: null,
    userPrincipalName: user.upn,
  };
}

function renderDrive(user: User, at: number): Record<string, unknown> {
  const { drive } = user;
  const used = drive.usedBytes();
  const total = drive.spec.quotaBytes;
  const remaining = Math.max(0, total - used);
  return {
    id: drive.id,
    name: 'OneDrive',
    driveType: 'business',
    webUrl: `${siteUrl(user)}/Documents`,
    createdDateTime: time(drive.spec.now),
    lastModifiedDateTime: time(at),
    owner: { user: { id: user.id, displayName: user.displayName, email: user.upn } },
    quota: {
      total,
      used,
      remaining,
      deleted: drive.deletedBytes,
      state: quotaState(remaining / total),
      fileCount: drive.items.size,
    },
  };
}

function quotaState(free: number): string {
  if (free === 0) {
    return 'exceeded';
  }
  return free < 0.01 ? 'critical' : free < 0.1 ? 'nearing' : 'normal';
}
