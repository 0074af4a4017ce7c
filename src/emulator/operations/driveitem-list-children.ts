import { existing, type ItemAddress } from '../address.ts';
import { type Item, notFound } from '../drive.ts';
import { renderItem, withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import type { Library } from '../site.ts';

const MAX_TOP = 1000;
const KNOWN_QUERY = ['$select', '$top', '$skiptoken', '$expand', '$orderby', 'top'];

/** `GET …/children` (Graph docs, "List children"): pages by an opaque, positional `$skiptoken`; `$skip` and `$count` are refused. */
export function driveitemListChildren(exchange: Exchange, address: ItemAddress): Reply {
  const { url, world } = exchange;
  checkQuery(url);
  const folder = existing(address);
  if (folder.children === undefined) {
    throw notFound();
  }
  const start = readSkipToken(url.searchParams.get('$skiptoken'), folder);
  const page = childrenPage(exchange, address.library, folder, { start, size: pageSize(url, world.settings.pageSize) });
  return {
    status: 200,
    json: withContext(exchange, page, `drives('${address.library.drive.id}')/items('${folder.id}')/children`),
  };
}

/** One page of a folder's members, sorted by name as SharePoint does, with its nextLink. */
export function childrenPage(
  exchange: Exchange,
  library: Library,
  folder: Item,
  { start, size }: { start: number; size: number },
): { '@odata.nextLink'?: string; value: unknown[] } {
  const { world, url } = exchange;
  const keys = [...folder.children!.keys()].sort();
  const select = url.searchParams.get('$select') ?? undefined;
  const value = keys
    .slice(start, start + size)
    .map(key => renderItem(world, library, library.drive.items.get(folder.children!.get(key)!)!, select));
  if (start + size >= keys.length) {
    return { value };
  }
  const next = new URL(`${url.origin}/v1.0/drives/${library.drive.id}/items/${folder.id}/children`);
  for (const [name, text] of url.searchParams) {
    next.searchParams.set(name, text);
  }
  next.searchParams.set('$skiptoken', Buffer.from(`${folder.id}:${start + size}`).toString('base64url'));
  return { '@odata.nextLink': next.href, value };
}

function checkQuery(url: URL): void {
  for (const name of url.searchParams.keys()) {
    if (name === '$skip') {
      throw invalid('$skip is not supported on this API. Only URLs returned by the API can be used to page.');
    }
    if (name === '$count' || name === '$filter') {
      throw invalid(`${name} is not supported on this API.`);
    }
    if (!KNOWN_QUERY.includes(name)) {
      throw new GraphFault('notImplemented', `The emulator does not know ${name} on children.`);
    }
  }
}

function pageSize(url: URL, byDefault: number): number {
  const top = url.searchParams.get('$top') ?? url.searchParams.get('top');
  if (top === null) {
    return byDefault;
  }
  const size = Number(top);
  if (!Number.isInteger(size) || size < 1) {
    throw invalid(`Invalid value '${top}' for $top.`);
  }
  return Math.min(size, MAX_TOP);
}

function readSkipToken(token: string | null, folder: Item): number {
  if (token === null) {
    return 0;
  }
  const [id, position] = Buffer.from(token, 'base64url').toString().split(':');
  if (id !== folder.id || !/^\d+$/.test(position ?? '')) {
    throw invalid('The skiptoken is invalid.');
  }
  return Number(position);
}

function invalid(message: string): GraphFault {
  return new GraphFault('invalidRequest', message, { innerCode: 'invalidQueryOption' });
}
