import { actOf } from '../act.ts';
import { existing, type ItemAddress } from '../address.ts';
import { withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply, readJson } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { linksOf, renderPermission } from '../sharing.ts';
import { type LinkScope, PermissionStore, type SharingLink } from '../store/permission-store.ts';

const SCOPES: readonly unknown[] = ['anonymous', 'organization', 'users'] satisfies LinkScope[];
/** Additional link types of SharePoint (Graph docs, "sharingLink resource type"). */
const NOT_MODELLED: readonly unknown[] = ['blocksDownload', 'createOnly', 'addressBar', 'adminDefault', 'review'];
const KNOWN = [
  ...['type', 'scope', 'expirationDateTime', 'password', 'retainInheritedPermissions', 'message', 'sendNotification'],
];

/**
 * `POST …/createLink` (Graph docs, "Create a sharing link for a DriveItem"): 201, or 200 with an equal existing
 * link.
 */
export async function driveitemCreateLink(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world } = exchange;
  const { library } = address;
  const wanted = readLink(exchange, await readJson(exchange.request));
  const item = existing(address);
  if (item.parent === null) {
    throw new GraphFault('notImplemented', 'The emulator does not support links to the root of a drive.');
  }
  const same = linksOf(world, item).find(
    ({ type, scope, expires }) => type === wanted.type && scope === wanted.scope && expires === wanted.expires,
  );
  const link = same ?? { id: world.settings.ids(), ...wanted };
  if (same === undefined) {
    new PermissionStore(world.db).add(item.key, link);
    library.drive.touch(item, {}, actOf(exchange, address.caller));
  }
  const json = renderPermission(library, item, { kind: 'link', holder: item, link });
  return { status: same === undefined ? 201 : 200, json: withContext(exchange, json, 'permission') };
}

function readLink(exchange: Exchange, body: Record<string, unknown>): Omit<SharingLink, 'id'> {
  const unknown = Object.keys(body).find(name => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw new GraphFault('notImplemented', `The emulator does not support ${unknown} of createLink.`);
  }
  // Microsoft's SDK for Python sends `false` in each call, and retainInheritedPermissions too, which is therefore
  // ignored: only links are modelled.
  if (body.sendNotification === true) {
    throw new GraphFault('notImplemented', 'The emulator does not send notifications of links.');
  }
  if (body.password !== undefined) {
    // "Optional and OneDrive Personal only" (same page).
    throw new GraphFault('invalidRequest', 'Passwords are not supported on this link.');
  }
  return { type: readType(body.type), scope: readScope(exchange, body.scope), expires: readExpiry(exchange, body) };
}

function readType(type: unknown): SharingLink['type'] {
  if (type === 'view' || type === 'edit') {
    return type;
  }
  // `embed` is OneDrive Personal's only (same page); the newer types of SharePoint are not modelled.
  throw NOT_MODELLED.includes(type)
    ? new GraphFault('notImplemented', `The emulator does not support links of the type ${type}.`)
    : new GraphFault('invalidRequest', 'The type of the link is not valid.');
}

function readScope({ world }: Exchange, scope: unknown): LinkScope {
  const { anonymousLinks, defaultLinkScope } = world.settings;
  const chosen = scope ?? defaultLinkScope;
  if (!isScope(chosen)) {
    throw new GraphFault('invalidRequest', 'The scope of the link is not valid.');
  }
  if (chosen === 'anonymous' && anonymousLinks !== 'allowed') {
    throw anonymousLinks === 'invalid-request'
      ? new GraphFault('invalidRequest', 'Invalid request')
      : new GraphFault('accessDenied', 'The administrator of the tenant has disabled anonymous links.');
  }
  return chosen;
}

function isScope(scope: unknown): scope is LinkScope {
  return SCOPES.includes(scope);
}

function readExpiry(exchange: Exchange, { expirationDateTime }: Record<string, unknown>): number | null {
  if (expirationDateTime === undefined || expirationDateTime === null) {
    return null;
  }
  const time = typeof expirationDateTime === 'string' ? Date.parse(expirationDateTime) : Number.NaN;
  if (Number.isNaN(time) || time <= now(exchange)) {
    throw new GraphFault('invalidRequest', 'The expirationDateTime must be in the future.');
  }
  return time;
}
