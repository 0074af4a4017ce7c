import { existing, type ItemAddress } from '../address.ts';
import { type Item, notFound } from '../drive-reader.ts';
import { ItemRenderer, selectOf, withContext } from '../driveitem.ts';
import { type Exchange, now, type Reply } from '../exchange.ts';
import { GraphFault } from '../graph-error.ts';
import { readPageSize } from '../page-size.ts';
import type { ChildOrder } from '../store/item-store.ts';
import { thumbnailSets } from '../thumbnails.ts';

const ORDERS: Readonly<Record<string, ChildOrder>> = { name: 'fold', lastModifiedDateTime: 'modified', size: 'size' };

/** The start of a page: after a name or, in other orders, after a number of items. */
type Start = { readonly after: string } | { readonly offset: number };

interface Listing {
  readonly folder: Item;
  readonly size: number;
  readonly order: ChildOrder;
  readonly descending: boolean;
  readonly start: Start;
}

/**
 * `GET …/children` (Graph docs, "List children"): pages by an opaque `$skiptoken`; `$skip` and `$count` are refused.
 */
export async function driveitemListChildren(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { url } = exchange;
  const folder = existing(address);
  if (exchange.world.strays.next()) {
    throw notFound();
  }
  if (folder.kind !== 'folder' && folder.kind !== 'package') {
    throw notFound();
  }
  const { order, descending } = readOrder(url);
  const folderId = address.library.drive.idOf(folder);
  const start = readSkipToken(exchange, { folderId, isByName: order === 'fold' && !descending });
  const listing = { folder, size: readPageSize(exchange), order, descending, start };
  const { items, next } = readPage(exchange, address, listing);
  const renderer = new ItemRenderer(exchange.world, address.library);
  const select = selectOf(exchange);
  const value = items.map(item => renderer.render(item, select));
  if (readExpand(url)) {
    for (const [index, item] of items.entries()) {
      Object.assign(value[index]!, { thumbnails: await thumbnailSets(exchange.world, address.library, { item }) });
    }
  }
  const json = {
    ...(next === undefined ? {} : { '@odata.nextLink': nextLink(exchange, address, { folder, next }) }),
    value,
  };
  const { id } = address.library.drive;
  const context = `drives('${id}')/items('${folderId}')/children`;
  return { status: 200, json: withContext(exchange, json, context) };
}

/** Renders `$expand=children` of a folder: its first members, and a link to the rest. */
export function firstChildren(
  exchange: Exchange,
  address: ItemAddress,
  { folder, select }: { folder: Item; select: string | undefined },
): Record<string, unknown> {
  const size = exchange.world.settings.pageSize;
  const listing: Listing = { folder, size, order: 'fold', descending: false, start: firstOf(exchange) };
  const { items, next } = readPage(exchange, address, listing);
  const renderer = new ItemRenderer(exchange.world, address.library);
  return {
    children: items.map(item => renderer.render(item, select)),
    ...(next === undefined ? {} : { 'children@odata.nextLink': nextLink(exchange, address, { folder, next }) }),
  };
}

/** Returns one page, sorted by name as in SharePoint unless another order is requested. */
function readPage(
  exchange: Exchange,
  { library, seenUntil }: ItemAddress,
  { folder, size, order, descending, start }: Listing,
): { items: Item[]; next: Start | undefined } {
  const { store } = library.drive;
  const { listingLagMs, lookupLagMs } = exchange.world.settings;
  const rows =
    'after' in start
      ? store.childrenAfter(folder.key, start.after, size + 1)
      : store.childrenFrom(folder.key, { order, descending, offset: start.offset, limit: size + 1 });
  const page = rows.slice(0, size);
  const isLast = rows.length <= size;
  const lag = Math.max(listingLagMs, lookupLagMs);
  const shown = isWithShortcuts(exchange) ? page : page.filter(({ kind }) => kind !== 'remoteItem');
  const until = Math.min(seenUntil, now(exchange) - listingLagMs);
  const visible = lag === 0 ? shown : shown.filter(({ created }) => created <= until);
  const ghosts =
    'after' in start && lag > 0
      ? library.drive.ghosts
          .in(folder, now(exchange) - lag)
          .filter(({ fold }) => fold > start.after && (isLast || fold <= page.at(-1)!.fold))
          .filter(({ fold }) => !page.some(item => item.fold === fold))
      : [];
  const items = ghosts.length === 0 ? visible : [...visible, ...ghosts].sort((a, b) => (a.fold < b.fold ? -1 : 1));
  if (isLast) {
    return { items, next: undefined };
  }
  return { items, next: 'after' in start ? { after: page.at(-1)!.fold } : { offset: start.offset + size } };
}

/** Leaves out shortcuts to other drives unless the client asks for them. */
function isWithShortcuts({ request, world }: Exchange): boolean {
  const prefer = String(request.headers.prefer ?? '');
  return !world.settings.shortcutsNeedPrefer || /(^|[,;\s])include-feature=addtoonedrive/i.test(prefer);
}

function nextLink(
  exchange: Exchange,
  { library: { drive } }: ItemAddress,
  { folder, next }: { folder: Item; next: Start },
): string {
  const { url } = exchange;
  const id = drive.idOf(folder);
  const link = new URL(`${url.origin}/v1.0/drives/${drive.id}/items/${id}/children`);
  for (const [name, text] of url.searchParams) {
    if (name !== '$expand' || text === 'thumbnails') {
      link.searchParams.set(name, text);
    }
  }
  link.searchParams.set('$skiptoken', Buffer.from(JSON.stringify({ id, ...next })).toString('base64url'));
  return link.href;
}

/** Tells whether `$expand` names thumbnails; another relationship is 501. */
function readExpand({ searchParams }: URL): boolean {
  const expand = searchParams.get('$expand');
  if (expand !== null && expand !== 'thumbnails') {
    throw new GraphFault('notImplemented', `The emulator does not support $expand=${expand} of children.`);
  }
  return expand !== null;
}

function readOrder(url: URL): { order: ChildOrder; descending: boolean } {
  const given = url.searchParams.get('$orderby');
  if (given === null) {
    return { order: 'fold', descending: false };
  }
  const match = /^(\w+)(?: (asc|desc))?$/.exec(given);
  const order = ORDERS[match?.[1] ?? ''];
  if (order === undefined) {
    throw invalid(`The emulator, as Graph for most properties, does not sort by '${given}'.`);
  }
  return { order, descending: match?.[2] === 'desc' };
}

function firstOf({ world }: Exchange): Start {
  return world.settings.childrenPaging === 'positional' ? { offset: 0 } : { after: '' };
}

function readSkipToken(exchange: Exchange, { folderId, isByName }: { folderId: string; isByName: boolean }): Start {
  const token = exchange.url.searchParams.get('$skiptoken') ?? exchange.url.searchParams.get('$skipToken');
  if (token === null) {
    return isByName ? firstOf(exchange) : { offset: 0 };
  }
  const start = parseToken(token, folderId);
  if (start === undefined) {
    throw invalid('The skiptoken is invalid.');
  }
  return start;
}

/** Decodes a token; undefined if it is not one of that folder. */
function parseToken(token: string, folderId: string): Start | undefined {
  try {
    const { id, after, offset } = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (id !== folderId) {
      return undefined;
    }
    return typeof after === 'string' ? { after } : Number.isInteger(offset) ? { offset } : undefined;
  } catch {
    return undefined;
  }
}

function invalid(message: string): GraphFault {
  return new GraphFault('invalidRequest', message, { innerCode: 'invalidQueryOption' });
}
