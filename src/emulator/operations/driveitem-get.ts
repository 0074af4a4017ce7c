import { existing, type ItemAddress } from '../address.ts';
import { notFound } from '../drive-reader.ts';
import { eTag, ItemRenderer, selectOf, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { thumbnailSets } from '../thumbnails.ts';
import { firstChildren } from './driveitem-list-children.ts';

/**
 * `GET /drives/{id}/items/{id}` and `…:/path:` (Graph docs, "Get a DriveItem"): `$select`, `$expand=children` or
 * `thumbnails`, If-None-Match.
 */
export async function driveitemGet(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { world, request } = exchange;
  const { library } = address;
  const item = existing(address);
  if (item.kind === 'folder' && world.strays.next()) {
    throw notFound();
  }
  if (request.headers['if-none-match'] === eTag(item)) {
    return { status: 304 };
  }
  const expand = readExpand(exchange);
  const json = new ItemRenderer(world, library).render(item, selectOf(exchange));
  if (expand === 'thumbnails') {
    json.thumbnails = await thumbnailSets(world, library, { item });
  } else if (expand !== undefined && item.kind === 'folder') {
    Object.assign(json, firstChildren(exchange, address, { folder: item, select: expand.select }));
  }
  return { status: 200, json: withContext(exchange, json, `drives('${library.drive.id}')/items/$entity`) };
}

/** `thumbnails`, `children`, or `children($select=…)`; another relationship is 501. */
function readExpand({ url }: Exchange): 'thumbnails' | { select: string | undefined } | undefined {
  const expand = url.searchParams.get('$expand');
  if (expand === null || expand === 'thumbnails') {
    return expand ?? undefined;
  }
  const match = /^children(?:\(\$select=([\w.,]+)\))?$/.exec(expand);
  if (match === null) {
    throw new GraphFault('notImplemented', `The emulator does not support $expand=${expand} of a driveItem.`);
  }
  return { select: match[1] };
}
