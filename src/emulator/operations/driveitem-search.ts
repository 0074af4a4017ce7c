import { existing, type ItemAddress } from '../address.ts';
import type { Item } from '../drive-reader.ts';
import { ItemRenderer, selectOf } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { readPageSize } from '../page-size.ts';
import { search } from '../search.ts';

/**
 * `GET …/search(q='…')` (Graph docs, "Search for DriveItems within a drive"): index hits below the folder.
 */
export async function driveitemSearch(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { library } = address;
  const folder = existing(address);
  // An apostrophe is doubled in it (OData 4.01 ABNF, `string`); words end there in any case.
  const text = address.args.q!;
  if (text.includes('/')) {
    // microsoft-graph-docs-contrib 7443.
    throw new GraphFault('invalidRequest', 'The search query contains a character that is not allowed.');
  }
  const size = readPageSize(exchange);
  const found = await search(exchange.world, library, {
    folder,
    text,
    after: readSkipToken(exchange),
    limit: size + 1,
  });
  const renderer = new ItemRenderer(exchange.world, library);
  const value = found.slice(0, size).map(item => asHit(renderer.render(item, selectOf(exchange))));
  const next = found.length > size ? { '@odata.nextLink': nextLink(exchange, found[size - 1]!) } : {};
  const context = `${exchange.url.origin}/v1.0/$metadata#Collection(driveItem)`;
  return { status: 200, json: { '@odata.context': context, ...next, value } };
}

/**
 * A hit comes from the index: without a download URL (onedrive-api-docs 1123) and, here, without the path of its
 * folder.
 */
function asHit({ '@microsoft.graph.downloadUrl': _, ...json }: Record<string, unknown>): Record<string, unknown> {
  const { parentReference } = json;
  return typeof parentReference === 'object' && parentReference !== null
    ? { ...json, parentReference: { ...parentReference, path: undefined } }
    : json;
}

function nextLink({ url }: Exchange, { key }: Item): string {
  const link = new URL(url);
  link.searchParams.set('$skiptoken', Buffer.from(String(key)).toString('base64url'));
  return link.href;
}

function readSkipToken({ url }: Exchange): number {
  const token = url.searchParams.get('$skiptoken') ?? url.searchParams.get('$skipToken');
  const key = Number(Buffer.from(token ?? '', 'base64url').toString());
  if (!Number.isSafeInteger(key) || key < 0) {
    throw new GraphFault('invalidRequest', 'The skiptoken is invalid.', { innerCode: 'invalidQueryOption' });
  }
  return key;
}
