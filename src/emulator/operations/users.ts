import { siteUrl, time, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import type { User } from '../tenant.ts';
import { authorize } from '../tokens.ts';

const DEFAULT_PAGE = 100;
const MAX_PAGE = 999;
const KNOWN_QUERY = ['$select', '$top', '$skiptoken'];

/** `GET /users` (Graph docs, "List users"): paged, `$select`, `$top`. */
export function userList(exchange: Exchange): Reply {
  authorize(exchange, 'directory');
  const { url, world } = exchange;
  const unknown = [...url.searchParams.keys()].find(key => !KNOWN_QUERY.includes(key));
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not know ${unknown} on /users.`);
  }
  const size = Math.min(Number(url.searchParams.get('$top') ?? DEFAULT_PAGE), MAX_PAGE);
  const start = Number(Buffer.from(url.searchParams.get('$skiptoken') ?? '', 'base64url').toString() || 0);
  const users = world.tenant.users.slice(start, start + size);
  const next = new URL(url);
  next.searchParams.set('$skiptoken', Buffer.from(String(start + size)).toString('base64url'));
  const more = start + size < world.tenant.users.length;
  return {
    status: 200,
    json: withContext({ ...(more ? { '@odata.nextLink': next.href } : {}), value: users.map(renderUser) }, 'users'),
  };
}

/** `GET /users/{id | userPrincipalName}` (Graph docs, "Get a user"). */
export function userGet(exchange: Exchange, idOrUpn: string): Reply {
  authorize(exchange, 'directory');
  return { status: 200, json: withContext(renderUser(findUser(exchange, idOrUpn)), 'users/$entity') };
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

function renderUser(user: User): Record<string, unknown> {
  return {
    id: user.id,
    displayName: user.displayName,
    userPrincipalName: user.upn,
    mail: user.upn,
    accountEnabled: true,
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
