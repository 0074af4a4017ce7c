import { type Item, notFound } from './drive-reader.ts';
import type { World } from './exchange.ts';
import { type Library, siteUrl } from './site.ts';
import { type LinkScope, PermissionStore, type SharingLink } from './store/permission-store.ts';

/** From the widest. */
const SCOPES: readonly LinkScope[] = ['anonymous', 'organization', 'users'];

/** A permission on an item, with its source: the item itself, or a folder above it. */
export type Permission = { readonly holder: Item } & (
  | { readonly kind: 'link'; readonly link: SharingLink }
  | { readonly kind: 'owner' }
);

/** Returns the item's own links that have not expired. */
export function linksOf({ db, settings }: World, item: Pick<Item, 'key'>): SharingLink[] {
  const now = settings.clock.now();
  return new PermissionStore(db).of(item.key).filter(({ expires }) => expires === null || expires > now);
}

/** Returns all permissions of the item: its own first, then the inherited ones. */
export function permissionsOf(world: World, { drive }: Library, item: Item): Permission[] {
  const found: Permission[] = [];
  for (let at: Item | undefined = item; at !== undefined; at = drive.parentOf(at)) {
    const holder = at;
    found.push(...linksOf(world, holder).map(link => ({ kind: 'link' as const, holder, link })));
  }
  return [...found, { kind: 'owner', holder: drive.root }];
}

export function findPermission(world: World, library: Library, { item, id }: { item: Item; id: string }): Permission {
  const found = permissionsOf(world, library, item).find(permission => permissionId(library, permission) === id);
  if (found === undefined) {
    throw notFound();
  }
  return found;
}

/** Graph docs, "permission resource type". */
export function renderPermission(library: Library, item: Item, permission: Permission): Record<string, unknown> {
  const { drive } = library;
  const { holder } = permission;
  const path = drive.pathOf(holder).map(name => `/${encodeURIComponent(name)}`);
  const inheritedFrom = {
    driveId: drive.id,
    id: drive.idOf(holder),
    path: `/drives/${drive.id}/root:${path.join('')}`,
  };
  return {
    id: permissionId(library, permission),
    ...(permission.kind === 'link' ? renderLink(library, holder, permission.link) : renderOwner(library)),
    ...(holder.key === item.key ? {} : { inheritedFrom }),
  };
}

/** Returns the address of a sharing link. */
function linkUrl({ site }: Library, item: Item, { id }: SharingLink): string {
  const kind = item.kind === 'folder' ? 'f' : 'u';
  const token = Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
  return `https://${site.host}/:${kind}:/g${encodeURI(site.path)}/E${token}`;
}

/** Returns the id of the link in such an address; undefined if it is none. */
export function linkIdOf(url: string): string | undefined {
  const token = /^https:\/\/[^/]+\/:\w:\/[gs](?:\/[^?]*)?\/E([\w-]{22})(?:\?.*)?$/.exec(url)?.[1];
  const hex = token && Buffer.from(token, 'base64url').toString('hex');
  return hex?.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Returns the widest scope. */
export function widest(scopes: readonly (LinkScope | undefined)[]): LinkScope | undefined {
  return SCOPES.find(scope => scopes.includes(scope));
}

function permissionId(library: Library, permission: Permission): string {
  const owner = library.site.owner?.upn ?? `${library.site.displayName} Owners`;
  return permission.kind === 'link'
    ? permission.link.id
    : Buffer.from(`i:0#.f|membership|${owner}`).toString('base64url');
}

function renderLink(library: Library, item: Item, link: SharingLink): Record<string, unknown> {
  const webUrl = linkUrl(library, item, link);
  const { type, scope, expires } = link;
  return {
    roles: [type === 'edit' ? 'write' : 'read'],
    // Graph docs, "Access shared items": the address, as base64url behind `u!`.
    shareId: `u!${Buffer.from(webUrl).toString('base64url')}`,
    hasPassword: false,
    ...(expires === null ? {} : { expirationDateTime: new Date(expires).toISOString() }),
    ...(scope === 'anonymous' ? {} : { grantedToIdentitiesV2: [], grantedToIdentities: [] }),
    link: { scope, type, webUrl, preventsDownload: false },
  };
}

function renderOwner({ site }: Library): Record<string, unknown> {
  const { owner, displayName } = site;
  if (owner === undefined) {
    return { roles: ['owner'], grantedToV2: { siteGroup: { displayName: `${displayName} Owners` } } };
  }
  const user = { id: owner.id, displayName: owner.displayName, email: owner.upn };
  return { roles: ['owner'], grantedToV2: { user }, grantedTo: { user } };
}

/** Returns the encoded path of a web address below the library; undefined if it is elsewhere. */
export function pathInLibrary(library: Library, url: string): string | undefined {
  const base = `${siteUrl(library.site)}/${encodeURIComponent(library.folder)}`;
  return url === base || url.startsWith(`${base}/`) ? url.slice(base.length) : undefined;
}
