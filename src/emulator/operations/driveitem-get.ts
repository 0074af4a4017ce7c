import { existing, type ItemAddress } from '../address.ts';
import { eTag, renderItem, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { childrenPage } from './driveitem-list-children.ts';

/** `GET /drives/{id}/items/{id}` and `…:/path:` (Graph docs, "Get a DriveItem"): `$select`, `$expand=children`, If-None-Match. */
export function driveitemGet(exchange: Exchange, address: ItemAddress): Reply {
  const { url, world, request } = exchange;
  const item = existing(address);
  if (request.headers['if-none-match'] === eTag(item)) {
    return { status: 304 };
  }
  const json = renderItem(world, address.library, item, url.searchParams.get('$select') ?? undefined);
  if (url.searchParams.get('$expand') === 'children' && item.children !== undefined) {
    json.children = childrenPage(exchange, address.library, item, { start: 0, size: world.settings.pageSize }).value;
  }
  return { status: 200, json: withContext(exchange, json, `drives('${address.library.drive.id}')/items/$entity`) };
}
