import { refuseUnknownQuery } from '../directory-query.ts';
import { type Item, notFound } from '../drive-reader.ts';
import { itemReply } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { decodePath } from '../item-path.ts';
import { refuseLocked } from '../no-drive.ts';
import { linkIdOf, linksOf, pathInLibrary } from '../sharing.ts';
import type { Library } from '../site.ts';
import { PermissionStore } from '../store/permission-store.ts';
import type { Tenant } from '../tenant.ts';
import { authenticate, authorize } from '../tokens.ts';

/**
 * `GET /shares/{shareId}/driveItem` (Graph docs, "Access shared items"): by a sharing link or an item's own web
 * address.
 */
export function sharesGet(exchange: Exchange, shareId: string): Reply {
  const { tenant } = authenticate(exchange);
  refuseUnknownQuery(exchange, ['$select']);
  const url = decodeShareId(shareId);
  const found = findByLink(exchange, tenant, url) ?? findByAddress(tenant, url);
  authorize(exchange, 'readFiles', found?.library.site);
  if (found === undefined) {
    throw notFound();
  }
  refuseLocked(found.library.site, exchange.world.settings);
  return itemReply(exchange, found.library, found.item, 200);
}

function decodeShareId(shareId: string): string {
  const match = /^u!([\w-]+)$/.exec(shareId);
  const url = match && Buffer.from(match[1]!, 'base64url').toString();
  if (!url?.startsWith('https://')) {
    throw new GraphFault('invalidRequest', 'The sharing token is invalid.');
  }
  return url;
}

interface Found {
  readonly library: Library;
  readonly item: Item;
}

function findByLink({ world }: Exchange, tenant: Tenant, url: string): Found | undefined {
  const id = linkIdOf(url);
  const found = id === undefined ? undefined : new PermissionStore(world.db).find(id);
  for (const library of found === undefined ? [] : tenant.libraries()) {
    const item = library.drive.store.byKey(found!.item);
    if (item?.drive === library.drive.key && linksOf(world, item).some(link => link.id === id)) {
      return { library, item };
    }
  }
  return undefined;
}

function findByAddress(tenant: Tenant, url: string): Found | undefined {
  for (const library of tenant.libraries()) {
    const path = pathInLibrary(library, url);
    if (path !== undefined) {
      return { library, item: library.drive.walk(library.drive.root, decodePath(path)) };
    }
  }
  return undefined;
}
